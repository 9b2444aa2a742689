"""`image build --with-weights`: the license gate, the model that they are of, and what gets in."""

import json
import os
import subprocess
import tarfile
from hashlib import sha256
from pathlib import Path

import pytest

from llamactl_containers.weights.manifest import Manifest, StagedFile

DIGEST = "sha256:" + "3" * 64
PINNED = ("--base", f"r.example/tgi:3.3.5@{DIGEST}")
FILES = {"config.json": b"{}", "original/params.json": b"[]", "model.safetensors": b"w" * 100_000}


@pytest.fixture
def weights(tmp_path: Path) -> Path:
    """A folder as `weights stage` leaves it, of the model `tiny`."""
    folder = tmp_path / "weights"
    for path, content in FILES.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)
    write_manifest(folder, "tiny")
    return folder


def write_manifest(folder, model, revision="r1"):
    files = tuple(
        StagedFile(path, len(content), sha256(content).hexdigest())
        for path, content in FILES.items()
    )
    origin = {"kind": "huggingface", "repo": "a/b", "revision": revision}
    manifest = Manifest(model, "apache-2.0", None, origin, files)
    (folder / "manifest.json").write_bytes(manifest.to_json())


@pytest.fixture
def recipe(llamactl, weights):
    """`image recipe --json` of the weights, with options more."""

    def ask(*options, model="tiny"):
        command = ("image", "recipe", model, "--for", "sagemaker", "--with-weights", weights)
        return llamactl(*command, *PINNED, "--json", *options)

    return ask


def test_without_an_accepted_license_nothing_is_built_and_the_exit_code_is_3(llamactl, weights):
    write_manifest(weights, "llama-2-7b-chat")

    built = llamactl(
        *("image", "build", "llama-2-7b-chat", "--for", "sagemaker", "--with-weights", weights),
        *PINNED,
    )

    assert built.code == 3
    assert "llama-2" in built.err
    assert llamactl("image", "list").out == ""


def test_gated_weights_do_not_get_past_the_gate_under_the_name_of_a_free_model(llamactl, weights):
    write_manifest(weights, "llama-2-7b-chat")

    built = llamactl(
        *("image", "build", "tiny", "--for", "sagemaker", "--with-weights", weights), *PINNED
    )

    assert built.code == 2
    assert "holds llama-2-7b-chat, not tiny" in built.err


def test_the_revision_is_that_of_the_weights(recipe):
    asked, other = recipe(), recipe("--revision", "r2")

    assert json.loads(asked.out)["labels"]["llamactl.revision"] == "r1"
    assert other.code == 2
    assert "is of revision r1, not r2" in other.err


def test_what_the_manifest_does_not_list_is_neither_copied_nor_counted(recipe, weights):
    before = recipe()
    (weights / "notes.txt").write_text("private")
    after = recipe()

    assert after.out == before.out
    assert after.code == 0


def test_without_a_manifest_what_git_and_the_hub_leave_is_not_copied(recipe, weights):
    (weights / "manifest.json").unlink()
    before = recipe()
    (weights / ".cache").mkdir()
    (weights / ".cache" / "lock").write_text("")
    (weights / ".gitattributes").write_text("")
    after = recipe()

    assert after.out == before.out
    assert json.loads(after.out)["weights"]["size_bytes"] == sum(map(len, FILES.values()))


@pytest.mark.parametrize("has_manifest", [True, False])
def test_a_link_is_no_file_of_weights(recipe, weights, tmp_path, has_manifest):
    secret = tmp_path / "secret"
    secret.write_bytes(FILES["model.safetensors"])
    (weights / "model.safetensors").unlink()
    (weights / "model.safetensors").symlink_to(secret)
    if not has_manifest:
        (weights / "manifest.json").unlink()

    asked = recipe()

    assert asked.code != 0
    assert "model.safetensors is a link" in asked.err


def test_a_file_that_is_missing_or_cut_is_told_before_anything_is_built(recipe, weights):
    (weights / "original" / "params.json").unlink()
    (weights / "model.safetensors").write_bytes(b"w")

    asked = recipe()

    assert "2 problems" in asked.err
    assert "original/params.json is missing" in asked.err
    assert "has 1 bytes, the manifest 100,000" in asked.err


def test_texts_cannot_be_left_out_of_an_image_with_weights(recipe):
    asked = recipe("--without-texts")

    assert asked.code == 2
    assert "holds the texts of their license" in asked.err


def build(llamactl, registry, weights, *options):
    return llamactl(
        *("image", "build", "tiny", "--for", "sagemaker", "--tool", "buildah"),
        *("--base", f"{registry.host}/engines/tgi:3.3.6", "--with-weights", weights, *options),
    )


def layer_names(llamactl, tmp_path):
    """The files below the model's folder, a set for each layer that has some, with their modes."""
    (record,) = json.loads(llamactl("image", "list", "--json").out)
    blobs = tmp_path / "cache" / "images" / "blobs" / "sha256"
    manifest = json.loads((blobs / record["digest"].removeprefix("sha256:")).read_bytes())
    found = []
    for layer in manifest["layers"]:
        with tarfile.open(blobs / layer["digest"].removeprefix("sha256:")) as archive:
            files = [each for each in archive.getmembers() if each.isfile()]
        inside = {
            each.name.partition("opt/llamactl/model/")[2]: (each.mode & 0o777, each.uid)
            for each in files
            if "opt/llamactl/model/" in each.name
        }
        found += [inside] if inside else []
    return found


def test_only_the_weights_get_in_for_all_to_read(image_room, llamactl, weights, tmp_path):
    (weights / "notes.txt").write_text("private")
    (weights / "config.json").chmod(0o600)

    built = build(llamactl, image_room, weights)

    assert built.code == 0, built.err
    assert layer_names(llamactl, tmp_path) == [
        {"config.json": (0o644, 0), "model.safetensors": (0o644, 0)},
        {"original/params.json": (0o644, 0)},
    ]


def test_weights_that_have_changed_since_they_were_staged_are_not_built(
    image_room, llamactl, weights
):
    (weights / "model.safetensors").write_bytes(b"x" * 100_000)

    built = build(llamactl, image_room, weights)

    assert built.code != 0
    assert "model.safetensors is not what the manifest says" in built.err
    assert llamactl("image", "list").out == ""


def test_modes_on_this_machine_are_not_in_the_digest(image_room, llamactl, weights, tmp_path):
    first = build(llamactl, image_room, weights)
    subprocess.run(["rm", "-r", llamactl.state / "images", tmp_path / "cache"], check=True)  # noqa: S607
    for path in FILES:
        (weights / path).chmod(0o600)
        os.utime(weights / path, (1, 1))

    assert build(llamactl, image_room, weights).out == first.out
