"""A comparison for a person to read on a terminal of 100 columns."""

from collections.abc import Iterator, Sequence
from string import ascii_lowercase

from llamactl.compare_words import (
    api_sentences,
    cloud_title,
    growth_rows,
    heading,
    rows,
    title,
    verdict,
)
from llamactl.model_page import wrapped
from llamactl.output import table_lines
from llamactl_catalog.comparing.comparison import Comparison, ModelComparison

COLUMNS = 100
_LABEL = 24
_GAP = 2


def compare_page(found: Comparison) -> str:
    """Write the page of a comparison."""
    lines = [title(found), *wrapped(heading(found), COLUMNS), ""]
    for each in found.models:
        lines += _bulleted("*", verdict(each))
    for each in found.models:
        lines += ["", *_model_lines(found, each)]
    lines += ["", "Where data are", *_items(found.residency)]
    lines += ["", "What this rests on", *_items(found.assumptions)]
    return "\n".join(lines)


def _model_lines(found: Comparison, each: ModelComparison) -> Iterator[str]:
    yield f"{each.model.id}, up to {each.context_tokens} tokens in a request"
    yield ""
    yield from _side_by_side(found, each)
    yield ""
    yield f"{each.model.id} as the load grows, the cheapest way at each (* this load)"
    yield from _growth_lines(found, each)
    if found.apis_of(each):
        yield ""
        yield f"{each.model.id} against APIs"
        for head, texts in api_sentences(found, each):
            yield from _bulleted("-", head)
            for text in texts:
                yield from (f"    {line}" for line in wrapped(text, COLUMNS - 4))
    yield ""
    yield f"License of {each.model.id}"
    yield from _items(each.terms)


def _side_by_side(found: Comparison, each: ModelComparison) -> Iterator[str]:
    names = tuple(cloud_title(cloud).upper() for cloud in found.clouds)
    width = (COLUMNS - _LABEL) // len(names) - _GAP
    for label, cells in (("", names), *rows(each)):
        columns = [wrapped(cell, width) for cell in cells]
        for line in range(max(map(len, columns))):
            parts = [column[line] if line < len(column) else "" for column in columns]
            text = "".join(f"{part:<{width + _GAP}}" for part in parts)
            yield f"{label if line == 0 else '':<{_LABEL}}{text}".rstrip()


def _growth_lines(found: Comparison, each: ModelComparison) -> list[str]:
    """Write the table of growth; where it is too wide, letters stand for the instances' names."""
    columns = ["tokens/month"]
    for cloud in found.clouds:
        columns += [cloud.name, "$/month", "$/1M"]
    table = [[*cells] for cells in growth_rows(found, each)]
    right = ("$/month", "$/1M")
    lines = table_lines(columns, table, right=right)
    if max(map(len, lines)) <= COLUMNS:
        return lines
    letters: dict[str, str] = {}
    for row in table:
        for cell in range(1, len(row), 3):
            count, times, name = row[cell].partition(" x ")
            if times:
                letter = letters.setdefault(name, ascii_lowercase[len(letters)])
                row[cell] = f"{count} x {letter}"
    names = ", ".join(f"{letter}={name}" for name, letter in letters.items())
    return [*table_lines(columns, table, right=right), *wrapped(names, COLUMNS)]


def _items(texts: Sequence[str]) -> Iterator[str]:
    for text in texts:
        yield from _bulleted("-", text)


def _bulleted(bullet: str, text: str) -> Iterator[str]:
    first, *rest = wrapped(text, COLUMNS - 2)
    yield f"{bullet} {first}"
    yield from (f"  {line}" for line in rest)
