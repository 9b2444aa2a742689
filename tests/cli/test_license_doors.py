"""Weights of a gated model under another name: no door opens for them without its record."""

import json

import pytest

from cli.conftest import TINY
from cli.gated_overlay import REFERENCE, write_gated
from llamactl.accept_option import VARIABLE
from llamactl_catalog.progress import silent
from llamactl_containers.weights.cache import file_sha256
from llamactl_containers.weights.manifest import MANIFEST_NAME, Manifest, StagedFile
from tiny_llama import make_tiny_llama

LLAMA_2 = "llama-2@0629d729"
HUB = """
[[sources]]
kind = "huggingface"
repo = "Meta-Llama/Llama-2-7b-chat-hf"
revision = "f5db02db724555f92da89c216ac04704f23d4590"
"""
REFUSED = "the Llama 2 Community License of"


@pytest.fixture
def alias(llamactl, tmp_path):
    """A catalog whose overlay has Llama 2's repository as a model `alias` under Apache 2.0."""
    model = TINY[: TINY.index("[[sources]]")] + HUB
    (tmp_path / "overlay" / "models" / "alias.toml").write_text(model)
    return llamactl


@pytest.fixture
def folder(tmp_path):
    """Weights that llamactl once staged as Llama 2's."""
    folder = tmp_path / "weights"
    folder.mkdir()
    for name in ("config.json", "model.safetensors"):
        (folder / name).write_text("{}")
    every = sorted(folder.iterdir())
    files = [StagedFile(each.name, 2, file_sha256(each, silent)) for each in every]
    manifest = Manifest("llama-2-7b-chat", "llama-2", None, {"kind": "folder"}, tuple(files))
    (folder / MANIFEST_NAME).write_bytes(manifest.to_json())
    return folder


@pytest.fixture
def tagged(tmp_path):
    """A file of the tiny model's shape that says it is under Llama 2's license."""
    return make_tiny_llama(tmp_path / "tagged.gguf", license_tag="llama2")


@pytest.mark.parametrize(
    "door",
    [
        ("deploy", "alias", "--cloud", "local", "--engine", "tgi", "--yes"),
        ("deploy", "alias", "--cloud", "aws", "--yes"),
        ("deploy", "alias", "--cloud", "azure"),
        ("weights", "fetch", "alias", "--to", "there"),
        ("weights", "stage", "alias", "--to", "s3://no-such-bucket/there"),
    ],
    ids=" ".join,
)
def test_an_own_name_for_gated_weights_opens_no_door(alias, door):
    result = alias(*door)

    assert result.code == 3
    assert f"{REFUSED} llama-2-7b-chat is not accepted" in result.err
    assert alias.files() == []


def test_nor_does_it_where_the_overlay_hides_the_gated_model(alias, tmp_path):
    rule = '[[deny]]\nreason = "no"\nmodels = ["llama-2-*"]\n'
    (tmp_path / "overlay" / "overlay.toml").write_text(rule)

    result = alias("weights", "fetch", "alias", "--to", tmp_path / "there")

    assert result.code == 3
    assert REFUSED in result.err


def test_a_folder_that_says_whose_weights_it_holds_is_under_their_license(
    alias, folder, tmp_path, monkeypatch
):
    door = ("weights", "fetch", "tiny", "--source", folder, "--to", tmp_path / "there")

    assert alias(*door).code == 3
    monkeypatch.setenv(VARIABLE, LLAMA_2)
    accepted = alias(*door, "--json")

    assert accepted.code == 0, accepted.err
    manifest = json.loads((tmp_path / "there" / MANIFEST_NAME).read_text())
    [record] = json.loads(alias("license", "export").out)["records"]
    assert manifest["license_acceptance"] == record["acceptance_id"]


def test_a_folder_with_a_manifest_that_is_none_is_told(alias, folder, tmp_path):
    (folder / MANIFEST_NAME).write_text(
        '{"format": 1, "files": [], "model": 7, "license": "", "origin": {}}'
    )

    result = alias("weights", "fetch", "tiny", "--source", folder, "--to", tmp_path / "there")

    assert result.code == 2
    assert "no text" in result.err


def test_a_file_that_says_it_is_under_another_license_needs_it(alias, tagged):
    door = ("deploy", "tiny", "--cloud", "local", "--gguf", tagged)

    refused = alias(*door)
    accepted = alias(*door, "--accept-license", LLAMA_2)

    assert (refused.code, accepted.code) == (3, 0), accepted.err
    assert REFUSED in refused.err


def test_a_file_that_is_served_again_is_under_its_license_still(alias, tagged, tmp_path):
    door = ("deploy", "tiny", "--cloud", "local")
    assert alias(*door, "--gguf", tagged, "--accept-license", LLAMA_2).code == 0

    again = alias("--license-ledger", tmp_path / "empty", *door)

    assert again.code == 3
    assert REFUSED in again.err


def test_a_file_whose_use_is_kept_back_is_refused(alias, tmp_path):
    path = make_tiny_llama(tmp_path / "nc.gguf", license_tag="cc-by-nc-sa-4.0")

    result = alias("deploy", "tiny", "--cloud", "local", "--gguf", path)

    assert result.code == 3
    assert "non-commercial" in result.err
    assert "catalog overlay" in result.err


@pytest.mark.parametrize(
    "setting",
    [
        f'target = "{LLAMA_2}"',
        'accepted-by = "Somebody Else"',
        'organization = "Acme GmbH"',
        'answer = ["monthly-users=no"]',
        'override = true\nreason = "because"',
    ],
)
def test_a_settings_file_declares_nothing_for_whoever_is_in_its_folder(llamactl, tmp_path, setting):
    settings = tmp_path / "llamactl.toml"
    settings.write_text(f"[license.accept]\n{setting}\n")
    given = () if setting.startswith("target") else (LLAMA_2,)

    result = llamactl("--config", settings, "license", "accept", *given)

    assert result.code == 2
    assert "cannot stand in a settings file" in result.err
    assert llamactl.files() == []


def test_a_text_of_which_no_hash_is_known_is_asked_for_again_when_it_changed(
    llamactl, tmp_path, tiny_gguf
):
    write_gated(tmp_path / "overlay")
    path = tmp_path / "overlay" / "licenses" / "acme.toml"
    without_hash = path.read_text().replace("normalized_sha256", "unverified")
    path.write_text(without_hash)
    door = ("deploy", "gated", "--cloud", "local", "--gguf", tiny_gguf)
    assert llamactl(*door, "--accept-license", REFERENCE).code == 0
    text = tmp_path / "overlay" / "licenses" / "acme.txt"
    before = text.read_text()

    again = llamactl(*door)
    text.write_text(before + "And pay us.\n")
    changed = llamactl(*door)

    assert (again.code, changed.code) == (0, 3)


@pytest.mark.parametrize("name", ["Jane\nDoe", "Jane\x1b[2J", "Jane\udcff", "\u202eenaJ", "  "])
def test_who_accepts_is_one_line_of_plain_text(llamactl, name):
    result = llamactl("license", "accept", LLAMA_2, "--accepted-by", name)

    assert result.code == 2
    assert "--accepted-by" in result.err
    assert llamactl.files() == []


def test_a_signature_in_a_ledgers_address_is_not_repeated(llamactl):
    result = llamactl("--license-ledger", "az://c/p?sig=not-to-be-seen", "license", "status")

    assert result.code == 2
    assert "az://c/p?…" in result.err
    assert "not-to-be-seen" not in result.err
