"""The images that a cloud has ready, by region."""

import json
from importlib.resources import files
from importlib.util import find_spec

import pytest

from llamactl_catalog.errors import InvalidInput, NotFound
from llamactl_catalog.ready_images import (
    ready_image,
    ready_images,
    ready_reference,
    registry_hosts,
)


@pytest.mark.parametrize(
    ("version", "region", "reference"),
    [
        (
            None,
            "us-east-1",
            (
                "763104351884.dkr.ecr.us-east-1.amazonaws.com/huggingface-pytorch-tgi-inference:"
                "2.7.0-tgi3.3.6-gpu-py311-cu124-ubuntu22.04"
            ),
        ),
        (
            "2.4.0",
            "eu-central-2",
            (
                "380420809688.dkr.ecr.eu-central-2.amazonaws.com/huggingface-pytorch-tgi-inference:"
                "2.4.0-tgi2.4.0-gpu-py311-cu124-ubuntu22.04-v2.2"
            ),
        ),
        (
            "3.3.6",
            "cn-north-1",
            (
                "727897471807.dkr.ecr.cn-north-1.amazonaws.com.cn/huggingface-pytorch-tgi-inference:"
                "2.7.0-tgi3.3.6-gpu-py311-cu124-ubuntu22.04"
            ),
        ),
    ],
)
def test_an_image_by_version_and_region(version, region, reference):
    assert ready_reference(ready_image("aws", "tgi", version), region) == reference


def test_a_version_is_taken_by_its_full_number_alone():
    with pytest.raises(NotFound, match=r"no ready image of tgi 2\.0$"):
        ready_image("aws", "tgi", "2.0")


def test_none_is_ready_whose_license_forbids_hosting():
    assert {each.version for each in ready_images()} & {"1.0.3", "1.4.5"} == set()


def test_another_cloud_or_engine_has_none():
    with pytest.raises(NotFound, match="azure has no ready image of tgi"):
        ready_image("azure", "tgi")
    with pytest.raises(NotFound, match="aws has no ready image of vllm"):
        ready_image("aws", "vllm")


def test_an_unknown_region_names_the_close_one():
    with pytest.raises(InvalidInput, match="did you mean eu-west-1"):
        ready_reference(ready_image("aws", "tgi"), "eu-wset-1")


@pytest.mark.skipif(find_spec("sagemaker") is None, reason="the sagemaker package is not installed")
def test_tags_and_accounts_are_those_of_the_clouds_own_package():
    table = json.loads(
        (files("sagemaker.core.image_uri_config") / "huggingface-llm.json").read_text("utf-8")
    )["inference"]["versions"]

    for each in ready_images():
        row = table[each.version]
        assert each.tag.startswith(row["tag_prefix"])
        assert each.repository == row["repository"]
        for (_, region), host in registry_hosts().items():
            if region in row["registries"]:
                assert host.startswith(f"{row['registries'][region]}.dkr.ecr.{region}.")
