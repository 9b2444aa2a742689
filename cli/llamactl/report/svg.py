"""Makes of matplotlib's SVG a part of a page: its colors, its ids, its letters, its words."""

import re
from collections.abc import Iterator
from xml.etree.ElementTree import Element, SubElement, fromstring, tostring

from llamactl.report.ink import with_variables

# What a mark says when pointed at is carried through matplotlib in its id.
TIP = "tip:"
_FONT = re.compile(r"font-family:[^;]*;?")
_NO_TURN = re.compile(r"^rotate\(-?0 ")
_DIGITS = re.compile(r"-?\d+\.\d{3,}")
_REFERENCE = re.compile(r"#([\w.-]+)\)?$")
# Attributes that place things: two decimals are a hundredth of a pixel.
_PLACES = ("d", "x", "y", "transform", "width", "height", "x1", "x2", "y1", "y2")


def page_svg(drawn: str, name: str, title: str, description: str) -> str:
    """Give the SVG to put in a page: no color or font of its own, and ids that are `name`'s."""
    root = fromstring(drawn)  # noqa: S314 - matplotlib wrote it a moment ago
    _without_namespaces(root)
    for defs in root.iter("defs"):
        for style in defs.findall("style"):  # its rules would be for the whole page
            defs.remove(style)
    for element in root.iter():
        _tidy(element)
    _own_ids(root, name)
    _label(root, name, title, description)
    return tostring(root, encoding="unicode")


def _without_namespaces(root: Element) -> None:
    """In a page, svg is a tag like another."""
    for element in root.iter():
        element.tag = element.tag.rpartition("}")[2]
        for key in [key for key in element.attrib if key.startswith("{")]:
            element.set(key.rpartition("}")[2], element.attrib.pop(key))


def _tidy(element: Element) -> None:
    if (style := element.get("style")) is not None:
        element.set("style", with_variables(_FONT.sub("", style)).strip())
    if _NO_TURN.match(element.get("transform", "")):
        del element.attrib["transform"]
    for name in _PLACES:
        if (text := element.get(name)) is not None:
            element.set(name, " ".join(_DIGITS.sub(_rounded, text).split()))
    element.tail = None
    if not (element.text or "").strip():
        element.text = None


def _rounded(found: re.Match[str]) -> str:
    return f"{float(found[0]):.2f}".rstrip("0").rstrip(".")


def _own_ids(root: Element, name: str) -> None:
    """Keep the ids that something refers to, with the chart's name before them."""
    used = {found[1] for element in root.iter() for found in _references(element)}
    for element in root.iter():
        own = element.attrib.pop("id", None)
        if own is not None and own.startswith(TIP):
            tip = Element("title")
            tip.text = own.removeprefix(TIP)
            element.insert(0, tip)
        elif own in used:
            element.set("id", f"{name}-{own}")
        for found in _references(element):
            key = next(key for key, text in element.attrib.items() if text == found.string)
            element.set(key, found.string.replace(f"#{found[1]}", f"#{name}-{found[1]}"))


def _references(element: Element) -> Iterator[re.Match[str]]:
    for key in ("href", "clip-path"):
        if (found := _REFERENCE.search(element.get(key, ""))) is not None:
            yield found


def _label(root: Element, name: str, title: str, description: str) -> None:
    """Say to those who do not see it what is drawn."""
    for key in ("width", "height", "version"):
        root.attrib.pop(key, None)
    words = {"title": title, "desc": description}
    root.set("role", "img")
    root.set("aria-labelledby", " ".join(f"{name}-{tag}" for tag in words))
    for at, (tag, text) in enumerate(words.items()):
        element = SubElement(root, tag, id=f"{name}-{tag}")
        element.text = text
        root.remove(element)
        root.insert(at, element)
