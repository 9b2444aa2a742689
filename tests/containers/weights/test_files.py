"""What an engine needs of a repository, and what stays there."""

import pytest

from llamactl_catalog.errors import InvalidFile
from llamactl_containers.weights.files import (
    NOT_NEEDED,
    OTHER_FORMAT,
    SAME_WEIGHTS,
    WeightFile,
    choose_files,
    left_out_words,
)

TOKENIZER = ["config.json", "generation_config.json", "tokenizer.json", "tokenizer.model"]


def chosen(*paths):
    files, left_out = choose_files([WeightFile(path, 1) for path in paths], "owner/name")
    return [each.path for each in files], {each.path: each.reason for each in left_out}


def test_safetensors_are_taken_and_bin_is_not():
    tensors = ["model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"]
    bins = ["pytorch_model-00001-of-00002.bin", "pytorch_model-00002-of-00002.bin"]
    indexes = ["model.safetensors.index.json", "pytorch_model.bin.index.json"]

    files, left_out = chosen(*tensors, *bins, *indexes, *TOKENIZER, "chat_template.jinja")

    assert {*files} == {*tensors, indexes[0], *TOKENIZER, "chat_template.jinja"}
    assert left_out == dict.fromkeys([*bins, indexes[1]], SAME_WEIGHTS)


def test_bin_is_taken_where_there_is_nothing_better():
    files, left_out = chosen("pytorch_model.bin", "tf_model.h5", *TOKENIZER)

    assert {*files} == {"pytorch_model.bin", *TOKENIZER}
    assert left_out == {"tf_model.h5": OTHER_FORMAT}


def test_of_two_kinds_of_safetensors_only_the_engines_own_is_taken():
    files, left_out = chosen("consolidated.safetensors", "model.safetensors", "params.json")

    assert files == ["model.safetensors"]
    assert left_out == {"consolidated.safetensors": SAME_WEIGHTS, "params.json": NOT_NEEDED}


def test_metas_own_files_come_with_their_parameters():
    paths = ["consolidated.00.pth", "consolidated.01.pth", "params.json", "tokenizer.model"]

    assert chosen(*paths, "checklist.chk") == ([*paths, "checklist.chk"], {})


def test_terms_are_taken_along_and_a_readme_is_not():
    terms = ["LICENSE.txt", "USE_POLICY.md", "Notice", "LICENSE"]

    files, left_out = chosen("model.safetensors", *terms, "README.md", ".gitattributes")

    assert {*files} == {"model.safetensors", *terms}
    assert left_out == {"README.md": NOT_NEEDED, ".gitattributes": NOT_NEEDED}


def test_no_code_of_a_repository_is_taken():
    _, left_out = chosen("model.safetensors", "modeling_falcon.py")

    assert left_out == {"modeling_falcon.py": NOT_NEEDED}


def test_a_path_that_leads_out_of_the_folder_is_never_taken():
    files, _ = chosen("model.safetensors", "../config.json", "/tokenizer.json", "a/../config.json")

    assert files == ["model.safetensors"]


def test_shards_that_are_missing_are_named():
    with pytest.raises(InvalidFile) as caught:
        chosen("model-00001-of-00003.safetensors", "model-00003-of-00003.safetensors")

    assert caught.value.problems == ("model-00002-of-00003.safetensors is missing",)


def test_a_repository_without_weights_is_refused():
    with pytest.raises(InvalidFile, match="holds no weights"):
        chosen("README.md", "model.onnx")


def test_what_was_left_out_is_said_by_reason_with_its_size():
    files = [WeightFile(f"pytorch_model-0000{n}-of-00005.bin", 2**20) for n in range(1, 6)]
    tensors = [WeightFile("model.safetensors", 9), WeightFile("README.md", 2)]

    _, left_out = choose_files([*files, *tensors], "owner/name")

    names = ", ".join(each.path for each in files[:3])
    assert left_out_words(left_out) == [
        f"the same weights in another format: {names}, … (5.0 MiB)",
        "not needed to serve: README.md (2 B)",
    ]
