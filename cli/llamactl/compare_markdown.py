"""A comparison as Markdown, to be put into a document or a ticket."""

import re
from collections.abc import Iterator, Sequence

from llamactl.compare_words import (
    api_sentences,
    cloud_title,
    growth_rows,
    heading,
    rows,
    title,
    verdict,
)
from llamactl_catalog.comparing.comparison import Comparison, ModelComparison

# What would be markup inside a line of text or a cell of a table.
_MARKUP = re.compile(r"([\\`*_|<>\[\]])")


def compare_markdown(found: Comparison) -> str:
    """Write a comparison as one Markdown document."""
    lines = [f"# {_plain(title(found))}", "", _plain(heading(found)), ""]
    lines += _items([verdict(each) for each in found.models])
    for each in found.models:
        lines += ["", *_model_lines(found, each)]
    lines += ["", "## Where data are", "", *_items(found.residency)]
    lines += ["", "## What this rests on", "", *_items(found.assumptions)]
    return "\n".join(lines)


def _model_lines(found: Comparison, each: ModelComparison) -> Iterator[str]:
    yield f"## {_plain(each.model.id)}, up to {each.context_tokens} tokens in a request"
    yield ""
    names = [cloud_title(cloud) for cloud in found.clouds]
    yield from _table(["", *names], [[row.label, *row.cells] for row in rows(each)])
    yield ""
    yield "### As the load grows, the cheapest way at each (\\* this load)"
    yield ""
    columns = ["tokens/month"]
    for cloud in found.clouds:
        columns += [cloud.name, f"{cloud.name} $/month", f"{cloud.name} $/1M"]
    yield from _table(columns, [*growth_rows(found, each)])
    if found.apis_of(each):
        yield ""
        yield "### Against APIs"
        yield ""
        for head, texts in api_sentences(found, each):
            yield f"- {_plain(head)}"
            yield from (f"  - {_plain(text)}" for text in texts)
    yield ""
    yield "### License"
    yield ""
    yield from _items(each.terms)


def _table(columns: Sequence[str], table: Sequence[Sequence[str]]) -> Iterator[str]:
    yield _line(columns)
    yield _line(["---"] * len(columns), raw=True)
    yield from (_line(cells) for cells in table)


def _line(cells: Sequence[str], *, raw: bool = False) -> str:
    texts = cells if raw else [_plain(" ".join(each.split())) for each in cells]
    return f"| {' | '.join(texts)} |"


def _items(texts: Sequence[str]) -> Iterator[str]:
    return (f"- {_plain(text)}" for text in texts)


def _plain(text: str) -> str:
    """Keep what would be markup from being it."""
    return _MARKUP.sub(r"\\\1", text)
