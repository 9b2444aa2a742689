"""What is read directly is what Pulumi's own commands print, whoever wrote it."""

import json
import os
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from infra.stacks.conftest import spec_of

pytest.importorskip("pulumi_aws", reason="needs the extra 'aws'")
from llamactl_catalog.progress import silent
from llamactl_infra.stacks.checkpoints import settings_in, settings_of
from llamactl_infra.stacks.command import engine_command
from llamactl_infra.stacks.exports import Exports
from llamactl_infra.stacks.place import stack_place
from llamactl_infra.stacks.reading import StackReader
from llamactl_infra.stacks.stack import open_stack
from llamactl_infra.stacks.store_choice import store_of
from standins.pulumi_service import ORGANIZATION, PulumiService, Stack

pytestmark = pytest.mark.engine
RECORDED = Path(__file__).parent / "recorded"
SPEC = spec_of(
    tags={"team": "search", "cost-center": "0042"},
    expires_on="2027-01-31",
    environment={"MAX_INPUT_TOKENS": "2048"},
)
# No cloud takes these, but the file of settings does.
ODD = replace(SPEC, owner="José & <yes: it's 1e3>", hub_token="hf_" + "secret", tags={"a": "~"})


def unasked():
    raise AssertionError("Pulumi was asked")


def equal(place):
    """Compare all that is read directly with what Pulumi prints."""
    direct, exports = store_of(place, os.environ), Exports(place, engine_command(silent))
    assert direct is not None
    assert direct.names() == exports.names()
    for name in direct.names():
        assert direct.state(name) == exports.state(name)
        for secrets in ("omitted", "masked"):
            shown = settings_in(place.folder, name, secrets)
            assert shown == exports.settings(name, secrets=secrets)
    return StackReader(place, direct, unasked).several(direct.names())


def test_it_is_equal_before_and_after_up_by_either_way_and_compressed(
    engine, tmp_path, monkeypatch, pulumi_program
):
    place = stack_place(tmp_path / "state", tmp_path, os.environ, silent)
    stack = open_stack("chat", place)
    empty = equal(place)
    stack.configure(SPEC)
    stack.up("aws")
    made = equal(place)
    stack.configure(ODD)
    odd = equal(place)
    stack.configure(SPEC)

    words = ("config", "set", "--path", "llamactl:tags.team", "chat")
    monkeypatch.setenv("PULUMI_DIY_BACKEND_GZIP", "true")
    for command in (words, ("up", "--yes", "--skip-preview")):
        subprocess.run(
            [pulumi_program, *command, "--stack", "chat", "--non-interactive"],
            cwd=place.folder,
            env={**os.environ, **place.environment},
            capture_output=True,
            check=True,
        )
    by_hand = equal(place)

    assert (empty[0].says_nothing, made[0].spec) == (True, SPEC)
    assert odd[0].spec == replace(ODD, hub_token=None)
    assert made[0].outputs["url"].endswith("/endpoints/chat/invocations")
    assert by_hand[0].spec is not None
    assert list((tmp_path / "state").rglob("chat.json.gz")) != []


def test_it_is_equal_where_a_service_keeps_the_stacks(engine, tmp_path, monkeypatch):
    recorded = json.loads((RECORDED / "chat.json").read_text())["checkpoint"]["latest"]
    with PulumiService() as service:
        for name, value in service.environment.items():
            monkeypatch.setenv(name, value)
        place = stack_place(tmp_path / "state", tmp_path, os.environ, silent)
        values = {f"llamactl:{key}": _sent(text) for key, text in SPEC.to_config().items()}
        values["llamactl:hub_token"] = {"string": "AAAB", "secret": True}
        service.stacks[ORGANIZATION, "llamactl", "chat"] = Stack([recorded], _update(values))
        service.stacks[ORGANIZATION, "llamactl", "new"] = Stack()

        made, empty = equal(place)

        store = store_of(place, os.environ)
        assert store is not None
        last = settings_of(store.last_run("chat").config)
        assert last == Exports(place, engine_command(silent)).last_settings("chat")
    assert (made.spec, empty.says_nothing) == (SPEC, True)


def _sent(text):
    return {"string": text, "secret": False}


def _update(config):
    told = {"kind": "update", "startTime": 1, "message": "", "environment": {}, "config": config}
    return {**told, "result": "succeeded", "endTime": 2, "version": 1}
