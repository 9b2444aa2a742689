"""Fills a template: one file with style and charts in it, which loads and runs nothing."""

from functools import cache
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from llamactl_catalog.errors import ProgramMissing
from llamactl_catalog.extras import extra_command

if TYPE_CHECKING:
    from jinja2 import Environment

_PACKAGES = ("jinja2", "matplotlib")


def check_installed(packages: tuple[str, ...] = _PACKAGES) -> None:
    """Refuse to start what could not be finished.

    Raises:
        ProgramMissing: a package that pages are made with is not installed.
    """
    if missing := [each for each in packages if find_spec(each) is None]:
        names = " and ".join(missing)
        raise ProgramMissing(
            f"an HTML report needs {names}, not installed here",
            hint=extra_command("report"),
        )


def page(template: str, **values: Any) -> str:
    """Fill a template of this package."""
    check_installed()
    return _templates().get_template(template).render(**values)


@cache
def _templates() -> "Environment":
    from jinja2 import Environment, PackageLoader, StrictUndefined

    return Environment(
        loader=PackageLoader("llamactl.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
