"""`llamactl image recipe`: the Dockerfile, the context in a folder, JSON, and what is refused."""

import json

import pytest

from cli.gated_overlay import write_gated

DIGEST = "sha256:" + "3" * 64


@pytest.fixture
def weights(tmp_path):
    folder = tmp_path / "weights"
    folder.mkdir()
    (folder / "config.json").write_text("{}")
    (folder / "model.safetensors").write_bytes(b"weights")
    return folder


def test_the_dockerfile_is_printed_alone(llamactl):
    result = llamactl("image", "recipe", "llama-2-7b-chat", "--for", "sagemaker")

    assert (result.code, result.err) == (0, "")
    assert "\nFROM ghcr.io/huggingface/text-generation-inference:" in result.out
    assert result.out.endswith("CMD []\n")


def test_the_whole_context_is_written_to_a_folder(llamactl, tmp_path):
    folder = tmp_path / "context"

    result = llamactl("image", "recipe", "tiny", "--for", "azureml", "--output", folder)

    assert (result.code, result.out) == (0, f"{folder}\n")
    assert {each.name for each in folder.iterdir()} == {"Dockerfile", "entrypoint.sh", "licenses"}
    assert 'llamactl.model="tiny"' in (folder / "Dockerfile").read_text()


def test_json_has_the_tag_where_the_base_is_pinned(llamactl):
    command = ("image", "recipe", "tiny", "--for", "sagemaker", "--json")

    open_base = json.loads(llamactl(*command).out)
    pinned = json.loads(llamactl(*command, "--base", f"r.example/tgi:3.3.5@{DIGEST}").out)

    assert open_base["tag"] is None
    assert pinned["tag"].startswith("tgi-3.3.5-sagemaker-")
    assert pinned["base"] == {"repository": "r.example/tgi", "tag": "3.3.5", "digest": DIGEST}
    assert pinned["image_name"] == "llamactl/tiny"
    assert [each["path"] for each in pinned["files"]][:2] == ["Dockerfile", "entrypoint.sh"]


def test_weights_of_a_folder_are_copied_from_a_context_of_their_own(llamactl, weights):
    command = ("image", "recipe", "tiny", "--for", "sagemaker", "--with-weights", weights)

    text = llamactl(*command).out
    record = json.loads(llamactl(*command, "--json").out)

    copied = '["config.json", "model.safetensors", "/opt/llamactl/model/"]'
    assert f"COPY --from=weights --chmod=0644 --chown=0:0 {copied}\n" in text
    assert record["weights"] == {"folder": str(weights), "size_bytes": 9}


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["tiny"], 2, "Missing option '--for'"),
        (["tiny", "--for", "sagemake"], 2, "'sagemake' is not one of 'sagemaker', 'azureml'"),
        (["tiny", "--for", "azureml", "--engine", "tgi@1.4.0"], 3, "forbids paid hosting"),
        (["tiny", "--for", "azureml", "--engine", "tgo"], 2, "no engine 'tgo'"),
        (["tiny", "--for", "azureml", "--base", "a"], 2, "'a' names no one image"),
        (["llama-2-7b-chta", "--for", "azureml"], 12, "did you mean llama-2-7b-chat"),
        (["tiny", "--for", "azureml", "--with-weights", "nowhere"], 12, "no folder nowhere"),
    ],
)
def test_what_is_wrong_is_told(llamactl, arguments, code, words):
    result = llamactl("image", "recipe", *arguments)

    assert result.code == code
    assert words in result.err
    assert result.out == ""


def test_a_folder_without_a_model_is_told(llamactl, tmp_path):
    (tmp_path / "empty").mkdir()
    folder = tmp_path / "empty"

    result = llamactl("image", "recipe", "tiny", "--for", "azureml", "--with-weights", folder)

    assert result.code == 12
    assert "no config.json" in result.err


def test_a_file_in_the_way_is_told(llamactl, tmp_path):
    (tmp_path / "file").write_text("")

    result = llamactl("image", "recipe", "tiny", "--for", "azureml", "--output", tmp_path / "file")

    assert result.code == 2
    assert "not a folder" in result.err


@pytest.fixture
def unreadable(llamactl, tmp_path):
    """A model whose license's text can be read nowhere."""
    write_gated(tmp_path / "overlay")
    (tmp_path / "overlay" / "licenses" / "acme.txt").unlink()
    return ("image", "recipe", "gated", "--for", "sagemaker")


def test_a_text_that_cannot_be_read_is_an_error_with_a_way_on_and_no_other_tag(
    unreadable, llamactl
):
    result = llamactl(*unreadable, "--json")

    assert (result.code, result.out) == (3, "")
    assert "LICENSE cannot be read" in result.err
    assert "--without-texts" in result.err


def test_texts_are_left_out_where_that_is_asked_for_and_the_image_says_so(
    unreadable, llamactl, tmp_path
):
    folder = tmp_path / "context"

    result = llamactl(*unreadable, "--without-texts", "--output", folder)

    assert result.code == 0, result.err
    assert [each.name for each in (folder / "licenses").iterdir()] == ["TERMS.txt"]
    assert "left out of this image" in (folder / "licenses" / "TERMS.txt").read_text()


def test_the_texts_that_are_read_are_inside(llamactl, tmp_path):
    write_gated(tmp_path / "overlay")
    command = ("image", "recipe", "gated", "--for", "sagemaker", "--json")

    record = json.loads(llamactl(*command).out)

    assert "licenses/LICENSE" in [each["path"] for each in record["files"]]
