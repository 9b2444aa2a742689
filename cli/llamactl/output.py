"""How commands print: data on stdout, talk on stderr."""

import json
import os
import sys
from collections.abc import Collection, Sequence
from contextlib import suppress
from datetime import datetime
from io import TextIOWrapper

import click

TERMINAL_COLUMNS = 80
_GAP = "  "


def prepare_streams() -> None:
    """Let no stream make a command fail: one that is closed leads nowhere, no character is refused.

    A closed descriptor would be given to the next file that is opened, and what is printed would
    land in it. An encoding that lacks a character gets its code, as Python's stderr does.
    """
    for descriptor, name in enumerate(("stdin", "stdout", "stderr")):
        if getattr(sys, name) is None:
            if _is_closed(descriptor):  # the lowest that is free is the one that is given
                os.open(os.devnull, os.O_RDWR)
            mode = "r" if name == "stdin" else "w"
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: SIM115, PTH123 - for the process's life
    if isinstance(sys.stdout, TextIOWrapper) and sys.stdout.errors == "strict":
        sys.stdout.reconfigure(errors="backslashreplace")


def silence_stdout() -> None:
    """Say nothing more on stdout, which can take no more.

    Nor must the interpreter complain about it when it closes stdout. Source: the Python library's
    `signal`, note on SIGPIPE.
    """
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def talk(text: str = "") -> None:
    """Say something to the person at the terminal; where nobody listens any more, nothing."""
    with suppress(OSError):
        click.echo(text, err=True)


def print_json(value: object) -> None:
    """Print one JSON document for programs; dates in ISO 8601, paths as text."""
    text = json.dumps(value, indent=2, ensure_ascii=False, default=_plain)
    try:
        text.encode(sys.stdout.encoding)
    except UnicodeEncodeError:
        text = json.dumps(value, indent=2, default=_plain)
    click.echo(text)


def print_table(
    columns: Sequence[str], rows: Sequence[Sequence[object]], *, right: Collection[str] = ()
) -> None:
    """Print aligned columns, those named in `right` flush right, with no trailing blanks."""
    click.echo("\n".join(table_lines(columns, rows, right=right)))


def table_lines(
    columns: Sequence[str], rows: Sequence[Sequence[object]], *, right: Collection[str] = ()
) -> list[str]:
    """Give the lines of a table, its header first."""
    cells = [[str(cell) for cell in row] for row in rows]
    widths = _widths(columns, cells)
    aligned = [name in right for name in columns]
    lines = []
    for row in [[name.upper() for name in columns], *cells]:
        padded = [
            cell.rjust(width) if flush_right else cell.ljust(width)
            for cell, width, flush_right in zip(row, widths, aligned, strict=True)
        ]
        lines.append(_GAP.join(padded).rstrip())
    return lines


def table_columns(columns: Sequence[str], rows: Sequence[Sequence[object]]) -> int:
    """Say how many characters wide `print_table` would print that."""
    widths = _widths(columns, [[str(cell) for cell in row] for row in rows])
    return sum(widths) + len(_GAP) * (len(widths) - 1)


def stdin_is_terminal() -> bool:
    """Tell whether a person can be asked."""
    return sys.stdin is not None and sys.stdin.isatty()


def _widths(columns: Sequence[str], cells: Sequence[Sequence[str]]) -> list[int]:
    return [max(map(len, column)) for column in zip(columns, *cells, strict=True)]


def _is_closed(descriptor: int) -> bool:
    try:
        os.fstat(descriptor)
    except OSError:
        return True
    return False


def _plain(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)
