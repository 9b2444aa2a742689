"""Files of the cache with a last line that says how much they hold, so that none breaks off."""

from pathlib import Path

from llamactl_catalog.errors import InvalidFile, NoPermission


def read_sealed(path: Path, things: str, hint: str) -> tuple[list[str], list[str]]:
    """Read the lines before the seal, the header first, and list what is wrong with the seal.

    No lines and no problem where there is no file. `hint` is what to do about a damaged one.

    Raises:
        InvalidFile: it is no text.
        NoPermission: it cannot be read.
    """
    try:
        lines = path.read_text("utf-8").splitlines()
    except (FileNotFoundError, NotADirectoryError):
        return [], []
    except UnicodeDecodeError as error:
        raise InvalidFile(str(path), [f"not text in UTF-8: {error}"], hint=hint) from error
    except OSError as error:
        raise NoPermission(f"{path} cannot be read: {error.strerror}") from error
    rows, seal = lines[:-1], lines[-1] if lines else ""
    expected = _seal(max(len(rows) - 1, 0), things)
    if not rows or seal != expected:
        return rows, [f"breaks off: its last line is not “{expected}”"]
    return rows, []


def sealed(table: str, things: str) -> str:
    """Write a table, its header first, with a last line that says how many rows it has."""
    return f"{table}{_seal(table.count(chr(10)) - 1, things)}\n"


def _seal(count: int, things: str) -> str:
    return f"# {count} {things}"
