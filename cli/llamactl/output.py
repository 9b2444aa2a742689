"""How commands print: data on stdout, talk on stderr."""

import json
import sys
from collections.abc import Collection, Sequence
from datetime import datetime

import click


def talk(text: str = "") -> None:
    """Say something to the person at the terminal."""
    click.echo(text, err=True)


def print_json(value: object) -> None:
    """Print one JSON document for programs; dates in ISO 8601, paths as text."""
    click.echo(json.dumps(value, indent=2, ensure_ascii=False, default=_plain))


def print_table(
    columns: Sequence[str], rows: Sequence[Sequence[object]], *, right: Collection[str] = ()
) -> None:
    """Print aligned columns, those named in `right` flush right, with no trailing blanks."""
    cells = [[str(cell) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(columns, *cells, strict=True)]
    aligned = [name in right for name in columns]
    for row in [[name.upper() for name in columns], *cells]:
        padded = [
            cell.rjust(width) if flush_right else cell.ljust(width)
            for cell, width, flush_right in zip(row, widths, aligned, strict=True)
        ]
        click.echo("  ".join(padded).rstrip())


def stdin_is_terminal() -> bool:
    """Tell whether a person can be asked."""
    return sys.stdin is not None and sys.stdin.isatty()


def _plain(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)
