from pathlib import Path

import pytest

from llamactl_catalog.errors import InvalidInput
from llamactl_infra.local.layout import StateFolder, check_name


@pytest.mark.parametrize("name", ["a", "llama-2-7b", "a" * 40, "con-1", "com"])
def test_a_name_that_can_be_a_folder_is_taken(name):
    check_name(name)


@pytest.mark.parametrize(
    "name",
    [
        "",
        "A",
        "1a",
        "-a",
        "a-",
        "a_b",
        "a.b",
        "a/b",
        "..",
        "a" * 41,
        "a\n",
        "é",
        "con",
        "nul",
        "com1",
    ],
)
def test_a_name_that_cannot_be_a_folder_everywhere_is_refused(name):
    with pytest.raises(InvalidInput, match="cannot name a deployment"):
        check_name(name)


def test_folders_are_those_with_a_name_and_nothing_else(tmp_path: Path):
    state = StateFolder(tmp_path)
    for name in ("b", "a", ".hidden", "Upper"):
        (state.deployments / name).mkdir(parents=True)
    (state.deployments / "a.lock").touch()

    assert [each.name for each in state.folders()] == ["a", "b"]


def test_no_state_folder_has_no_folders(tmp_path: Path):
    assert StateFolder(tmp_path / "none").folders() == []
