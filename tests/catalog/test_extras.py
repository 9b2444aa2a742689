"""The command that adds an extra is the one that this installation was made with."""

from pathlib import Path

import pytest

from llamactl_catalog.extras import Installation, this_installation

HERE = Path("/home/jane")


def installed(**how):
    prefix = how.pop("prefix", HERE / "venv")
    return Installation(prefix, prefix / "bin" / "python", **how)


@pytest.mark.parametrize(
    ("installation", "command"),
    [
        (
            installed(url="file:///home/jane/llamactl"),
            "/home/jane/venv/bin/python -m pip install '/home/jane/llamactl[aws]'",
        ),
        (
            installed(url="file:///home/jane/llamactl", editable=True),
            "/home/jane/venv/bin/python -m pip install -e '/home/jane/llamactl[aws]'",
        ),
        (
            installed(url="file:///tmp/llamactl.whl"),
            "/home/jane/venv/bin/python -m pip install 'llamactl[aws] @ file:///tmp/llamactl.whl'",
        ),
        (
            installed(url="file:///home/jane/llamactl", by_uv=True, has_pip=False),
            "uv pip install --python /home/jane/venv/bin/python '/home/jane/llamactl[aws]'",
        ),
        (
            installed(
                url="file:///home/jane/llamactl",
                editable=True,
                by_uv=True,
                prefix=HERE / "llamactl" / ".venv",
            ),
            "uv sync --project /home/jane/llamactl --no-dev --inexact --extra aws",
        ),
        (
            installed(url="file:///home/jane/llamactl", by_uv=True, tool_extras=["local"]),
            "uv tool install --force '/home/jane/llamactl[aws,local]'",
        ),
        (installed(), "/home/jane/venv/bin/python -m pip install 'llamactl[aws]'"),
    ],
    ids=["folder", "editable", "wheel", "uv pip", "uv sync", "uv tool", "by name"],
)
def test_the_command_of(installation, command):
    assert installation.command("aws") == command


def test_a_folder_with_a_space_is_one_word():
    own = installed(
        url="file:///home/jane/my%20code/llamactl",
        editable=True,
        by_uv=True,
        prefix=HERE / "my code" / "llamactl" / ".venv",
    )

    assert "--project '/home/jane/my code/llamactl'" in own.command("aws")


def test_this_installation_is_an_editable_checkout():
    own = this_installation()

    assert own.editable
    assert own.folder is not None
    assert (own.folder / "pyproject.toml").is_file()
