"""Weights in layers: large files alone, small ones together, never too many, by name alone."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llamactl_catalog.errors import InvalidFile
from llamactl_catalog.units import GIB
from llamactl_containers.recipe.context import BakedWeights
from llamactl_containers.recipe.weight_layers import (
    check_names,
    copy_instructions,
    weight_layers,
)
from llamactl_containers.weights.manifest import StagedFile


def baked(sizes):
    files = tuple(StagedFile(path, size, "a" * 64) for path, size in sizes.items())
    return BakedWeights(Path("/weights"), files)


def names(weights):
    return [[each.path for each in layer] for layer in weight_layers(weights)]


def test_small_files_share_a_layer_and_large_ones_have_their_own():
    weights = baked(
        {"config.json": 600, "model-1.safetensors": 10 * GIB, "model-2.safetensors": 3 * GIB}
        | {"tokenizer.json": 2_000_000}
    )

    assert names(weights) == [
        ["config.json"],
        ["model-1.safetensors"],
        ["model-2.safetensors", "tokenizer.json"],
    ]


def test_a_folder_is_a_layer_of_its_own_as_it_is_copied_to_another_place():
    weights = baked({"config.json": 1, "original/params.json": 1, "z.json": 1})

    assert names(weights) == [["config.json", "z.json"], ["original/params.json"]]
    assert copy_instructions(weights, "/opt/model") == (
        'COPY --from=weights --chmod=0644 --chown=0:0 ["config.json", "z.json", "/opt/model/"]\n'
        "COPY --from=weights --chmod=0644 --chown=0:0 "
        '["original/params.json", "/opt/model/original/"]\n'
    )


@settings(deadline=None)
@given(st.lists(st.integers(0, 60 * GIB), min_size=1, max_size=300))
def test_every_file_is_in_one_layer_and_there_are_never_too_many(sizes):
    weights = baked({f"{number:03}.safetensors": size for number, size in enumerate(sizes)})

    layers = weight_layers(weights)

    assert [each for layer in layers for each in layer] == list(weights.files)
    assert len(layers) <= 65


def test_191_files_of_the_largest_model_are_few_enough_layers_that_a_registry_takes():
    weights = baked({f"model-{number:05}.safetensors": 4_250_000_000 for number in range(191)})

    layers = weight_layers(weights)

    assert len(layers) <= 40
    assert max(sum(each.size_bytes for each in layer) for layer in layers) < 52_000 * 2**20


@pytest.mark.parametrize(
    "path", ["a*.json", "$HOME", 'a"b', "a\nb", "a[0]", "./config.json", "a//b", "a\\b", "é.json"]
)
def test_a_name_that_a_dockerfile_takes_for_something_else_is_refused(path):
    with pytest.raises(InvalidFile, match="cannot be named in a Dockerfile"):
        check_names([StagedFile(path, 1, "a" * 64)], "weights")


def test_the_names_of_published_weights_are_plain():
    paths = ("config.json", "model-00001-of-00002.safetensors", "original/consolidated.00.pth")

    check_names([StagedFile(path, 1, "a" * 64) for path in paths], "weights")
