"""Checkpoints and settings that Pulumi has written, read without it."""

import gzip
import json
import os
import shutil
from pathlib import Path

import pytest

from infra.stacks.conftest import spec_of
from llamactl_infra.stacks.backends import Entry, FolderBackend
from llamactl_infra.stacks.checkpoints import Checkpoints, settings_in
from llamactl_infra.stacks.place import StackPlace
from llamactl_infra.stacks.reading import StackReader
from llamactl_infra.stacks.stack_store import MASK
from llamactl_infra.stacks.yaml_values import NotReadable

RECORDED = Path(__file__).parent / "recorded"
"""An endpoint on SageMaker, as pulumi 3.260 wrote it over the tests' cloud of files."""


class Written:
    """A backend with the recorded stack, and what a test makes of it."""

    def __init__(self, folder):
        self.root = folder / "backend" / ".pulumi"
        self.stacks = self.root / "stacks" / "llamactl"
        self.stacks.mkdir(parents=True)
        (self.root / "meta.yaml").write_text("version: 1\n")
        shutil.copy(RECORDED / "chat.json", self.stacks / "chat.json")
        self.project = folder / "project"
        self.project.mkdir()
        (self.project / "Pulumi.yaml").write_text('{"name": "llamactl", "runtime": "python"}')
        self.settings = self.project / "Pulumi.chat.yaml"
        shutil.copy(RECORDED / "Pulumi.chat.yaml", self.settings)
        self.checkpoints = Checkpoints(FolderBackend(folder / "backend"))

    def whole(self):
        return json.loads((self.stacks / "chat.json").read_text())

    def writes(self, **changes):
        (self.stacks / "chat.json").write_text(json.dumps(self.whole() | changes))


@pytest.fixture
def written(tmp_path):
    return Written(tmp_path)


def unasked():
    raise AssertionError("Pulumi was asked")


def test_a_stack_is_read_whole_without_pulumi(written):
    reader = StackReader(StackPlace(written.project, None), written.checkpoints, unasked)

    kept = reader.one("chat", "read")

    assert kept.spec == spec_of(usd_per_hour=1.5)
    assert kept.outputs["url"].endswith("/endpoints/chat/invocations")
    assert "endpoint chat-endpoint" in {str(each.named) for each in kept.resources}
    assert (kept.problem, kept.is_unfinished, kept.created_at.year) == (None, False, 2026)


def test_only_checkpoints_of_the_project_are_named(written):
    for name in ("chat.json.bak", "chat.json.attrs", "old.json.1796079583178364196", "b.json.gz"):
        (written.stacks / name).write_text("")
    (written.stacks.parent / "other").mkdir()
    (written.stacks.parent / "other" / "theirs.json").write_text("{}")

    assert written.checkpoints.names() == ("b", "chat")


def test_a_compressed_checkpoint_says_the_same(written):
    plain = written.checkpoints.state("chat")
    content = (written.stacks / "chat.json").read_bytes()
    (written.stacks / "chat.json").unlink()
    (written.stacks / "chat.json.gz").write_bytes(gzip.compress(content))

    assert written.checkpoints.state("chat") == plain
    assert written.checkpoints.names() == ("chat",)


@pytest.mark.parametrize(("plain_at", "packed_at", "newest"), [(2, 1, "plain"), (1, 2, "packed")])
def test_of_two_variants_the_newest_counts(written, plain_at, packed_at, newest):
    packed = {**written.whole(), "checkpoint": {"latest": {"manifest": "packed"}}}
    (written.stacks / "chat.json.gz").write_bytes(gzip.compress(json.dumps(packed).encode()))
    os.utime(written.stacks / "chat.json", (plain_at, plain_at))
    os.utime(written.stacks / "chat.json.gz", (packed_at, packed_at))

    found = written.checkpoints.state("chat")["manifest"]

    assert (found == "packed") == (newest == "packed")


def test_of_two_variants_of_one_time_pulumi_takes_the_last():
    class Listed(FolderBackend):
        def entries(self, folder):
            return [Entry("chat.json", 1.0), Entry("chat.json.gz", 1.0)]

        def read(self, key):
            content = {"latest": {"metadata": key}}
            told = json.dumps({"version": 3, "checkpoint": content}).encode()
            return b"version: 1\n" if key == "meta.yaml" else told

    assert Checkpoints(Listed(Path())).state("chat")["metadata"].endswith(".json.gz")


def test_a_stack_that_nothing_was_run_on_has_an_empty_state(written):
    written.writes(checkpoint={"stack": "organization/llamactl/chat"})

    assert written.checkpoints.state("chat") == {}


def test_version_4_with_features_that_are_known_is_read(written):
    before = written.checkpoints.state("chat")
    written.writes(version=4, features=["refreshBeforeUpdate", "views"])

    assert written.checkpoints.state("chat") == before


@pytest.mark.parametrize(
    "changes",
    [
        {"version": 2},
        {"version": 5},
        {"version": "3"},
        {"version": 4, "features": ["another"]},
        {"checkpoint": None},
        {"checkpoint": {"latest": []}},
        {"checkpoint": {"latest": {"resources": {}}}},
    ],
    ids=json.dumps,
)
def test_what_is_not_known_for_certain_is_left_to_pulumi(written, changes):
    written.writes(**changes)

    with pytest.raises(NotReadable):
        written.checkpoints.state("chat")


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[" * 100_000, b"\x1f\x8b broken", b"\x28\xb5\x2f\xfd zstd", b"\xff"],
    ids=["empty", "cut", "deep", "gzip", "zstd", "no text"],
)
def test_a_file_that_cannot_be_read_is_left_to_pulumi(written, content):
    (written.stacks / "chat.json").write_bytes(content)

    with pytest.raises(NotReadable):
        written.checkpoints.state("chat")


@pytest.mark.parametrize(
    "meta", [None, "", "version: 0\n", "version: 2\n", "version: 1\nmore: 2\n"]
)
def test_another_layout_is_left_to_pulumi(written, meta):
    path = written.root / "meta.yaml"
    path.unlink() if meta is None else path.write_text(meta)

    for ask in (written.checkpoints.names, lambda: written.checkpoints.state("chat")):
        with pytest.raises(NotReadable):
            ask()


def test_a_stack_without_a_checkpoint_is_left_to_pulumi(written):
    with pytest.raises(NotReadable):
        written.checkpoints.state("other")


def test_settings_are_texts_as_pulumi_hands_them_on(written):
    written.settings.write_text(
        "config:\n"
        '  llamactl:context_tokens: "4096"\n'
        "  llamactl:parallel: 8\n"
        "  llamactl:alarms: true\n"
        "  llamactl:tags: {team: a, cost: '1'}\n"
        "  llamactl:image: 763104351884.dkr.ecr.us-east-1.amazonaws.com/tgi:3.3.6\n"
        "  llamactl:revision: 08751db2aca9bf2f7f80d2e516117a53d7450235\n"
        "  llamactl:license_acceptance: 34c640560e3d48ea\n"
        "  aws:region: eu-west-1\n"
    )

    found = settings_in(written.project, "chat", "read")

    assert found == {
        "context_tokens": "4096",
        "parallel": "8",
        "alarms": "true",
        "tags": '{"cost":"1","team":"a"}',
        "image": "763104351884.dkr.ecr.us-east-1.amazonaws.com/tgi:3.3.6",
        "revision": "08751db2aca9bf2f7f80d2e516117a53d7450235",
        "license_acceptance": "34c640560e3d48ea",
    }


def test_a_secret_is_left_out_and_left_to_pulumi_where_it_is_asked_for(written):
    text = written.settings.read_text() + "  llamactl:hub_token:\n    secure: v1:abc:def\n"
    written.settings.write_text(text)

    found = settings_in(written.project, "chat")

    assert "hub_token" not in found
    assert "abc" not in str(found)
    with pytest.raises(NotReadable):
        settings_in(written.project, "chat", "read")


def test_that_there_is_a_secret_is_told_without_pulumi(written):
    text = written.settings.read_text() + "  llamactl:hub_token:\n    secure: v1:abc:def\n"
    written.settings.write_text(text)
    reader = StackReader(StackPlace(written.project, None), written.checkpoints, unasked)

    found = reader.one("chat", "masked").spec

    assert found == spec_of(usd_per_hour=1.5, hub_token=MASK)


def test_a_stack_without_a_file_of_settings_has_none(written):
    assert settings_in(written.project, "other", "read") == {}


@pytest.mark.parametrize(
    "value",
    ["yes", "1e3", "12e45", "0o17", "1_000", "010", "+1", ".inf", "2027-01-31", "~", "",
     "{a: {secure: x}}", "1.5", "0x1f"],
)  # fmt: skip
def test_a_value_that_may_be_read_in_two_ways_is_left_to_pulumi(written, value):
    written.settings.write_text(f"config:\n  llamactl:owner: {value}\n")

    with pytest.raises(NotReadable):
        settings_in(written.project, "chat")


@pytest.mark.parametrize(
    "text",
    [
        "config: [a]\n",
        "- a\n",
        "config:\n  owner: jane\n",
        "config:\n  llamactl:config:owner: jane\n",
        "environment: [team]\nconfig: {}\n",
        "config:\n  llamactl:owner: a\n  llamactl:owner: b\n",
        "config: {a: &x 1, b: *x",
        "config:\n  ? [a]\n  : b\n",
    ],
)
def test_settings_of_another_shape_are_left_to_pulumi(written, text):
    written.settings.write_text(text)

    with pytest.raises(NotReadable):
        settings_in(written.project, "chat")


@pytest.mark.parametrize("more", ["config: {llamactl:owner: jane}", "stackConfigDir: settings"])
def test_a_project_that_gives_settings_itself_is_left_to_pulumi(written, more):
    (written.project / "Pulumi.yaml").write_text(f"name: llamactl\nruntime: python\n{more}\n")

    with pytest.raises(NotReadable):
        settings_in(written.project, "chat")
