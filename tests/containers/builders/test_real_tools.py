"""buildah and podman build for real, on a base image from a real registry."""

import json
import os
import shutil
import subprocess
import time
from dataclasses import replace
from pathlib import Path

import pytest

from containers.builders.conftest import context_on
from llamactl_catalog.errors import LlamactlError, NoCapacity, NotFound, Unhealthy
from llamactl_catalog.progress import Step, silent
from llamactl_containers.builders.buildah import Buildah
from llamactl_containers.builders.podman import Podman
from llamactl_containers.builders.store import layers, total_bytes
from llamactl_containers.recipe.context import BakedWeights, BaseImage, ContextFile
from llamactl_containers.weights.manifest import StagedFile

TAG = "tgi-3.3.6-sagemaker-0123456789abcdef"


def config_of(built, room) -> dict:
    configuration = layers(built.manifest.content)[0]
    content = room.store.read(configuration.digest)
    assert content is not None
    return json.loads(content)


def tool(name: str):
    if shutil.which(name) is None:
        pytest.skip(f"{name} is not on PATH")
    return {"buildah": Buildah, "podman": Podman}[name]()


def test_the_same_inputs_have_the_same_digest_with_buildah(context, make_room):
    first = Buildah().build(context, TAG, make_room("one"), silent)
    time.sleep(1.1)  # file times have seconds
    second = Buildah().build(context, TAG, make_room("two"), silent)

    assert first.digest == second.digest


def test_podman_and_buildah_give_the_same_digest(context, make_room):
    first = tool("buildah").build(context, TAG, make_room("one"), silent)
    second = tool("podman").build(context, TAG, make_room("two"), silent)

    assert first.digest == second.digest


def test_other_inputs_have_another_digest(base, make_room):
    one, other = context_on(base), context_on(base, script=b"#!/bin/sh\nexec launcher now\n")

    first = Buildah().build(one, TAG, make_room("one"), silent)
    second = Buildah().build(other, TAG, make_room("two"), silent)

    assert first.digest != second.digest


@pytest.mark.parametrize("name", ["buildah", "podman"])
def test_what_is_built_is_for_amd64_and_has_labels_health_check_and_entry_point(
    name, context, room
):
    built = tool(name).build(context, TAG, room, silent)

    config = config_of(built, room)
    assert (config["os"], config["architecture"]) == ("linux", "amd64")
    assert config["config"]["Labels"]["llamactl.model"] == "llama-2-7b-chat"
    assert config["config"]["Healthcheck"]["Test"] == ["CMD-SHELL", "true"]
    assert config["config"]["Entrypoint"] == ["/bin/sh", "/opt/llamactl/entrypoint.sh"]
    assert "BASE=yes" in config["config"]["Env"]
    assert config["created"].startswith("1980-01-01T00:00:00")


@pytest.mark.parametrize("name", ["buildah", "podman"])
def test_the_store_holds_all_of_it_and_the_tool_keeps_only_the_base(name, context, room):
    built = tool(name).build(context, TAG, room, silent)

    listed = subprocess.run(
        [name, "images", "--all", "--json" if name == "buildah" else "--format=json"],
        env=dict(room.environment),
        capture_output=True,
        text=True,
        check=True,
    )
    assert len(json.loads(listed.stdout)) == 1
    assert room.store.holds(built.digest)
    assert total_bytes(built.manifest.content) > 0
    assert lines_of(["buildah", "containers", "--quiet"], room) == []


@pytest.mark.parametrize("name", ["buildah", "podman"])
def test_weights_come_from_a_folder_of_their_own(name, context, room, tmp_path):
    folder = tmp_path / "weights"
    folder.mkdir()
    (folder / "model.safetensors").write_bytes(os.urandom(100_000))
    dockerfile = context.dockerfile + "COPY --from=weights . /opt/llamactl/model/\n"
    files = (ContextFile("Dockerfile", dockerfile.encode()), context.files[1])
    baked = BakedWeights(folder, (StagedFile("model.safetensors", 100_000, "0" * 64),))

    built = tool(name).build(replace(context, files=files, weights=baked), TAG, room, silent)

    assert max(each.size_bytes for each in layers(built.manifest.content)) > 90_000


@pytest.mark.parametrize("name", ["buildah", "podman"])
def test_what_is_interrupted_leaves_no_weights_in_the_tools_storage(name, context, room, tmp_path):
    (tmp_path / "model.safetensors").write_bytes(os.urandom(100_000))
    labelled = context.dockerfile.replace("\n", '\nLABEL build="of this test"\n', 1)
    copied = (
        "COPY --from=weights model.safetensors /one\nCOPY --from=weights model.safetensors /two\n"
    )
    files = (ContextFile("Dockerfile", (labelled + copied).encode()), context.files[1])
    baked = BakedWeights(tmp_path, (StagedFile("model.safetensors", 100_000, "0" * 64),))

    def interrupt(step: Step) -> None:
        if "/two" in step.text:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        tool(name).build(replace(context, files=files, weights=baked), TAG, room, interrupt)

    assert len(lines_of(["buildah", "images", "--all", "--quiet"], room)) == 1  # the base
    assert len(lines_of(["buildah", "containers", "--quiet"], room)) <= 1
    assert_nothing_left(room)


def lines_of(command, room):
    done = subprocess.run(
        command, env=dict(room.environment), capture_output=True, text=True, check=True
    )
    return done.stdout.splitlines()


def test_each_step_is_reported_and_the_log_is_kept_for_its_owner_alone(context, room):
    steps: list[Step] = []

    Buildah().build(context, TAG, room, steps.append)

    texts = [each.text for each in steps]
    assert any(each.startswith("step 1 of 7: FROM ") for each in texts)
    assert "step 4 of 7: COPY entrypoint.sh /opt/llamactl/entrypoint.sh" in texts
    assert "packing the layers" in texts
    assert "STEP 4/7" in room.log.read_text()
    assert room.log.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("name", ["buildah", "podman"])
def test_a_base_that_is_not_there_is_told_with_the_log(name, registry, room):
    missing = BaseImage(f"{registry.host}/engines/none", "1", f"sha256:{'a' * 64}")

    with pytest.raises(NotFound, match="the base image was not found") as caught:
        tool(name).build(context_on(missing), TAG, room, silent)

    assert str(room.log) in str(caught.value.hint)
    assert_nothing_left(room)


def test_a_registry_that_is_not_there_is_the_network(room):
    gone = BaseImage("127.0.0.1:9/engines/tgi", "1", f"sha256:{'a' * 64}")

    with pytest.raises(Unhealthy, match="the network failed"):
        Buildah().build(context_on(gone), TAG, room, silent)


def test_a_step_that_fails_says_its_last_line(base, room):
    broken = context_on(base)
    files = (ContextFile("Dockerfile", b"FROM scratch\nCOPY nothing /\n"), broken.files[1])

    with pytest.raises(LlamactlError, match="nothing"):
        Buildah().build(replace(broken, files=files), TAG, room, silent)

    assert_nothing_left(room)


def test_a_full_disk_is_told_and_nothing_is_left(base, make_room, tmp_path):
    room = make_room("room")
    small = tmp_path / "room" / "images"
    small.mkdir(parents=True)
    mount = ["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(small)]
    mounted = subprocess.run(mount, capture_output=True, check=False)
    if mounted.returncode != 0:
        pytest.skip("no right to mount a small disk")
    big = context_on(base)
    files = (*big.files, ContextFile("weights", os.urandom(200_000)))
    dockerfile = ContextFile("Dockerfile", big.files[0].content + b"COPY weights /\n")
    try:
        with pytest.raises(NoCapacity, match=r"no space left|the disk is full"):
            Buildah().build(replace(big, files=(dockerfile, *files[1:])), TAG, room, silent)

        assert_nothing_left(room)
    finally:
        subprocess.run(["umount", str(small)], check=True)  # noqa: S607


def assert_nothing_left(room) -> None:
    folder = Path(room.store.path("sha256:x")).parent
    assert list(folder.parent.parent.glob(".scratch-*")) == []
    assert list(folder.glob("*")) == []
