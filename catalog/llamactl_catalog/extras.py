"""The command that adds one of llamactl's extras to this installation, as it was installed."""

import json
import os
import shlex
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import urlsplit

_NAME = "llamactl"
_RECEIPT = "uv-receipt.toml"  # uv leaves it in an environment that `uv tool install` has made


@dataclass(frozen=True, slots=True)
class Installation:
    """Where llamactl came from and what runs it.

    `url` and `editable` are those of direct_url.json (PEP 610); None: it came from an index.
    `prefix` is the environment. `tool_extras` None: not installed by `uv tool`.
    """

    prefix: Path
    python: Path
    url: str | None = None
    editable: bool = False
    by_uv: bool = False
    has_pip: bool = True
    tool_extras: Sequence[str] | None = None

    @property
    def folder(self) -> Path | None:
        """The checkout that it was installed from; None: it came as an archive, or by name."""
        from urllib.request import url2pathname

        path = None if self.url is None else urlsplit(self.url)
        if path is None or path.scheme != "file":
            return None
        found = Path(url2pathname(path.path))
        return None if found.suffix == ".whl" else found

    def command(self, extra: str) -> str:
        """Write the command that adds an extra.

        A name alone is no way back to a package that no index has: another's may have that name.
        """
        if self.tool_extras is not None:
            own = ",".join(sorted({*self.tool_extras, extra}))
            return f"uv tool install --force {self._requirement(own)}"
        folder = self.folder
        if self.by_uv and self.editable and folder is not None and self.prefix.parent == folder:
            return self._sync(folder, extra)
        python = _quoted(self.python)
        pip = f"{python} -m pip install" if self.has_pip else f"uv pip install --python {python}"
        option = "-e " if self.editable else ""
        return f"{pip} {option}{self._requirement(extra)}"

    def _sync(self, folder: Path, extra: str) -> str:
        beside = self.python.with_name("uv.exe" if os.name == "nt" else "uv")
        uv = _quoted(beside) if beside.is_file() else "uv"
        return f"{uv} sync --project {_quoted(folder)} --no-dev --inexact --extra {extra}"

    def _requirement(self, extras: str) -> str:
        if self.folder is not None:
            return f"'{self.folder}[{extras}]'"
        return f"'{_NAME}[{extras}]'" if self.url is None else f"'{_NAME}[{extras}] @ {self.url}'"


def extra_command(extra: str) -> str:
    """Write the command that adds an extra to the llamactl that runs."""
    return this_installation().command(extra)


def this_installation() -> Installation:
    """Read how the llamactl that runs was installed."""
    from importlib.metadata import PackageNotFoundError, distribution

    prefix = Path(sys.prefix)
    try:
        own = distribution(_NAME)
    except PackageNotFoundError:  # it runs from its sources
        return Installation(prefix, Path(sys.executable))
    origin = json.loads(own.read_text("direct_url.json") or "{}")
    return Installation(
        prefix=prefix,
        python=Path(sys.executable),
        url=origin.get("url"),
        editable=origin.get("dir_info", {}).get("editable", False),
        by_uv=(own.read_text("INSTALLER") or "").strip() == "uv",
        has_pip=find_spec("pip") is not None,
        tool_extras=_tool_extras(prefix / _RECEIPT),
    )


def _tool_extras(receipt: Path) -> list[str] | None:
    import tomllib

    if not receipt.is_file():
        return None
    wanted = tomllib.loads(receipt.read_text("utf-8")).get("tool", {}).get("requirements", [])
    return [
        extra for each in wanted if each.get("name") == _NAME for extra in each.get("extras", [])
    ]


def _quoted(path: Path) -> str:
    return str(path) if os.name == "nt" else shlex.quote(str(path))
