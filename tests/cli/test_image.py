"""`llamactl image build|push|list|show` with buildah and a real registry."""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from standins.image_registry import (
    RunningRegistry,
    container_environment,
    push_base,
    running_registry,
)

BASE = "engines/tgi:3.3.6"
MODEL = "smollm2-135m-instruct"


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningRegistry]:
    for program in ("docker-registry", "buildah"):
        if shutil.which(program) is None:
            pytest.skip(f"{program} is not on PATH")
    if os.geteuid() != 0:
        pytest.skip("buildah's chroot isolation needs root")
    with running_registry(tmp_path_factory.mktemp("registry")) as running:
        folder = tmp_path_factory.mktemp("base")
        environment = container_environment(folder / "containers", os.environ, running.host)
        push_base(running.host, BASE, folder, environment)
        yield running


@pytest.fixture
def image(llamactl, registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """`image build` for a small model on the base, with options more."""
    environment = container_environment(tmp_path / "containers", os.environ, registry.host)
    for name, value in environment.items():
        if os.environ.get(name) != value:
            monkeypatch.setenv(name, value)

    def build(*options: str, platform: str = "sagemaker"):
        return llamactl(
            *("image", "build", MODEL, "--for", platform, "--tool", "buildah"),
            *("--base", f"{registry.host}/{BASE}", *options),
        )

    return build


def test_a_build_prints_the_image_by_its_digest_and_list_has_it(image, llamactl):
    built = image()

    (listed,) = json.loads(llamactl("image", "list", "--json").out)
    assert built.code == 0, built.err
    assert built.out == f"llamactl/{MODEL}:{listed['tag']}@{listed['digest']}\n"
    assert listed["tool"] == "buildah"
    assert listed["base"].startswith(listed["base_name"].rpartition(":")[0] + "@sha256:")


def test_the_same_inputs_are_not_built_again(image):
    first = image()

    second = image()

    assert second.out == first.out
    assert "was built already" in second.err


def test_for_another_platform_it_is_another_image(image, llamactl):
    image()
    image(platform="azureml")

    listed = json.loads(llamactl("image", "list", "--json").out)
    assert len({each["digest"] for each in listed}) == 2


def test_build_with_a_registry_pushes_and_says_the_address_to_deploy(image, registry):
    built = image("--registry", f"{registry.host}/one")

    name, _, digest = built.out.strip().partition("@")
    assert built.code == 0, built.err
    assert name == f"{registry.host}/one/llamactl/{MODEL}"
    tags = registry.tags(f"one/llamactl/{MODEL}")
    assert len([each for each in tags if each.startswith("tgi-")]) == 1
    assert digest.startswith("sha256:")


def test_what_the_registry_has_is_not_built_on_another_machine(image, registry, llamactl, tmp_path):
    built = image("--registry", f"{registry.host}/two")
    shutil.rmtree(llamactl.state / "images")

    again = image("--registry", f"{registry.host}/two")

    (listed,) = json.loads(llamactl("image", "list", "--json").out)
    assert again.out == built.out
    assert "is there already" in again.err
    assert (listed["tool"], listed["size_bytes"]) == ("registry", None)


def test_push_gives_the_registry_labels_digest_and_documents(image, registry, llamactl):
    image()
    (record,) = json.loads(llamactl("image", "list", "--json").out)

    pushed = llamactl("image", "push", record["tag"], "--registry", f"{registry.host}/three")

    skopeo = shutil.which("skopeo")
    if skopeo is None:
        pytest.skip("skopeo is not on PATH")
    name = f"{registry.host}/three/llamactl/{MODEL}"
    command = [skopeo, "inspect", "--tls-verify=false", f"docker://{name}:{record['tag']}"]
    seen = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)
    (after,) = json.loads(llamactl("image", "list", "--json").out)
    assert pushed.out == f"{name}@{record['digest']}\n"
    assert seen["Digest"] == record["digest"]
    assert seen["Architecture"] == "amd64"
    assert seen["Labels"]["llamactl.model"] == MODEL
    assert set(after["pushed"][0]["attached"]) == {"sbom", "provenance"}


def test_show_has_what_it_was_made_from_and_where_it_is(image, registry, llamactl):
    image("--registry", f"{registry.host}/four")

    shown = llamactl("image", "show", "tgi-")

    assert shown.code == 0
    assert "layers      here" in shown.out
    assert f"pushed      {registry.host}/four/llamactl/{MODEL}:tgi-" in shown.out
    assert "label       llamactl.platform=sagemaker" in shown.out


def test_a_push_of_layers_that_are_gone_says_to_build_again(image, registry, llamactl, tmp_path):
    image()
    shutil.rmtree(tmp_path / "cache" / "images")

    pushed = llamactl("image", "push", "tgi-", "--registry", registry.host)

    assert pushed.code == 12
    assert "llamactl image build makes it again" in pushed.err


def test_a_base_that_is_not_there_is_not_found(image, registry):
    built = image("--base", f"{registry.host}/engines/none:1")

    assert built.code == 12
    assert "there is no image" in built.err


def test_remote_needs_a_cloud_that_builds(image, registry):
    without = image("--remote")
    with_tool = image("--remote", "--registry", registry.host)

    assert (without.code, with_tool.code) == (2, 2)


def test_a_registry_that_is_not_there_is_one_error_and_the_image_stays(image, llamactl):
    image()

    pushed = llamactl("image", "push", "tgi-", "--registry", "127.0.0.1:9")

    assert pushed.code == 8
    assert pushed.err.count("error:") == 1
    assert len(json.loads(llamactl("image", "list", "--json").out)) == 1


def test_without_images_list_says_how_to_make_one(llamactl):
    listed = llamactl("image", "list")

    assert (listed.code, listed.out) == (0, "")
    assert "llamactl image build" in listed.err
