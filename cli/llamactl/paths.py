"""Options that are paths: checked where they are used, which says more than Click's check."""

from pathlib import Path
from typing import Any

import click


class FilePath(click.Path):
    """A path that was given: not an empty text, as a variable that is not set leaves behind."""

    def __init__(self, *, dir_okay: bool = True) -> None:
        super().__init__(path_type=Path, dir_okay=dir_okay, readable=False)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Give the path, or fail where there is none or it is in no encoding that files have."""
        text = str(value)
        if not text:
            self.fail("the path is empty", param, ctx)
        try:
            text.encode("utf-8")
        except UnicodeEncodeError:
            self.fail(f"{text!a} is not UTF-8; rename it, or set a UTF-8 locale", param, ctx)
        return super().convert(value, param, ctx)


class LedgerPlace(FilePath):
    """A folder, given as an absolute path, or an address of object storage, left as it is."""

    name = "place"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Give the place as text."""
        text = str(value)
        if "://" in text:
            return text
        return str(super().convert(value, param, ctx).expanduser().absolute())
