"""Whether an `up` is known to change nothing: only after one that left all as it is now."""

import gzip
import json
import shutil
from pathlib import Path

import pytest
import yaml

from infra.stacks.conftest import spec_of
from llamactl_infra.stacks.backends import FolderBackend
from llamactl_infra.stacks.checkpoints import Checkpoints
from llamactl_infra.stacks.place import StackPlace
from llamactl_infra.stacks.reading import StackReader
from llamactl_infra.stacks.unchanged import is_unchanged, run_message

RECORDED = Path(__file__).parent / "recorded"


class LastRun:
    """A stack as an `up` that went well has left it, and what a test makes of it."""

    def __init__(self, folder):
        self.folder = folder
        self.root = folder / "backend" / ".pulumi"
        self.stacks = self.root / "stacks" / "llamactl"
        self.history = self.root / "history" / "llamactl" / "chat"
        self.stacks.mkdir(parents=True)
        self.history.mkdir(parents=True)
        (self.root / "meta.yaml").write_text("version: 1\n")
        (folder / "Pulumi.yaml").write_text("name: llamactl\nruntime: python\n")
        shutil.copy(RECORDED / "chat.json", self.stacks / "chat.json")
        shutil.copy(RECORDED / "Pulumi.chat.yaml", self.settings)
        self.config = yaml.safe_load(self.settings.read_text())["config"]
        self.writes(1)

    @property
    def settings(self):
        return self.folder / "Pulumi.chat.yaml"

    def writes(self, at, **changes):
        """Write an entry of the history, with a copy of the checkpoint."""
        told = {
            "kind": "update",
            "result": "succeeded",
            "message": run_message(None),
            "config": self.config,
        }
        path = self.history / f"chat-179607958317489301{at}.history.json"
        path.write_text(json.dumps(told | changes))
        copy = path.with_name(path.name.replace("history", "checkpoint"))
        shutil.copy(self.stacks / "chat.json", copy)

    def is_unchanged(self, **spec):
        checkpoints = Checkpoints(FolderBackend(self.folder / "backend"))
        return is_unchanged(spec_of(**spec), StackPlace(self.folder, None), checkpoints)


def unasked():
    raise AssertionError("Pulumi was asked")


@pytest.fixture
def last(tmp_path):
    return LastRun(tmp_path)


def test_after_an_up_that_went_well_nothing_is_changed(last):
    assert last.is_unchanged()


def test_a_compressed_history_says_the_same(last):
    for path in list(last.history.iterdir()):
        path.with_name(f"{path.name}.gz").write_bytes(gzip.compress(path.read_bytes()))
        path.unlink()

    assert last.is_unchanged()


@pytest.mark.parametrize(
    "run",
    [
        {"kind": "refresh"},
        {"kind": "destroy"},
        {"kind": "resource-import"},
        {"result": "failed"},
        {"result": "in-progress"},
        {"message": ""},
        {"message": "llamactl, program 0123456789abcdef0123456789abcdef"},
        {"config": {}},
        {"config": None},
        {"kind": None},
    ],
    ids=json.dumps,
)
def test_the_last_run_of_all_counts(last, run):
    last.writes(2, **run)

    assert not last.is_unchanged()


def test_settings_that_were_changed_since_are_a_change(last):
    last.settings.write_text(last.settings.read_text().replace('"4096"', '"2048"'))

    assert not last.is_unchanged()


def test_settings_of_a_provider_count_too(last):
    last.settings.write_text(last.settings.read_text() + "  aws:region: eu-west-1\n")

    assert not last.is_unchanged()


@pytest.mark.parametrize(("ciphertext", "unchanged"), [("v1:a", True), ("v1:b", False)])
def test_a_secret_that_was_written_since_is_a_change(last, ciphertext, unchanged):
    last.config = {**last.config, "llamactl:hub_token": {"secure": "v1:a"}}
    last.writes(2)
    more = f"  llamactl:hub_token:\n    secure: {ciphertext}\n"
    last.settings.write_text(last.settings.read_text() + more)

    assert last.is_unchanged() == unchanged


def test_a_state_that_was_written_since_is_a_change(last):
    whole = json.loads((last.stacks / "chat.json").read_text())
    whole["checkpoint"]["latest"]["resources"].pop()
    (last.stacks / "chat.json").write_text(json.dumps(whole))

    assert not last.is_unchanged()


def test_what_a_run_had_begun_is_a_change(last):
    whole = json.loads((last.stacks / "chat.json").read_text())
    whole["checkpoint"]["latest"]["pending_operations"] = [{"type": "creating"}]
    (last.stacks / "chat.json").write_text(json.dumps(whole))
    last.writes(2)

    assert not last.is_unchanged()


def test_another_catalog_is_a_change(last, tmp_path):
    overlay = tmp_path / "overlay.toml"
    overlay.write_text("")

    assert not last.is_unchanged(catalog_overlay=str(overlay))
    assert not last.is_unchanged(catalog_overlay=str(tmp_path / "none"))


@pytest.mark.parametrize("gone", ["history", "checkpoint"])
def test_without_a_whole_history_it_is_not_known(last, gone):
    for path in last.history.glob(f"*.{gone}.json"):
        path.unlink()

    assert not last.is_unchanged()


def test_settings_of_the_last_run_are_those_of_a_stack_that_was_made_elsewhere(last):
    last.settings.unlink()
    checkpoints = Checkpoints(FolderBackend(last.folder / "backend"))

    kept = StackReader(StackPlace(last.folder, None), checkpoints, unasked).one("chat")

    assert kept.spec == spec_of(usd_per_hour=1.5)


def test_without_settings_here_it_is_not_known(last):
    last.settings.unlink()

    assert not last.is_unchanged()
