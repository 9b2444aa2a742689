"""Which engine runs where: the worked cases of each platform, and what holds of all."""

from dataclasses import replace
from datetime import date

import pytest

from llamactl_catalog.catalog import load_catalog
from llamactl_catalog.compatibility import (
    gpu_refusal,
    host_refusal,
    incompatible_because,
    quantization_refusal,
)
from llamactl_catalog.engine_versions import engine_lines, engine_version
from llamactl_catalog.engines import Engine
from llamactl_catalog.hardware import Offer, Price
from llamactl_catalog.host_images import host_image_for, host_images
from llamactl_catalog.offers import load_hardware
from llamactl_catalog.planning import plan
from llamactl_catalog.workload import Workload

WORKLOAD = Workload(input_tokens=100, output_tokens=50, concurrency=1, context_tokens=200)
TYPES = {each.name: each for each in load_hardware()}
HOSTS = {each.name: each for each in host_images()}
VERSIONS = [each for line in engine_lines().values() for each in line.versions.values()]
OLD, NEW = "al2-ami-sagemaker-inference-gpu-2-1", "al2-ami-sagemaker-inference-gpu-3-1"
NEWEST = "al2023-ami-sagemaker-inference-gpu-4-1"


@pytest.mark.parametrize(
    ("engine", "instance_type", "host"),
    [
        ("tgi@3.3.6", "ml.g5.12xlarge", NEW),
        ("tgi@3.3.6", "ml.p4d.24xlarge", NEW),
        ("tgi@2.2.0", "ml.g6e.12xlarge", OLD),  # the first of that age is not for g6e
        ("vllm@0.10.2", "ml.g5.2xlarge", NEWEST),
        ("vllm@0.29.0", "ml.p5.48xlarge", NEWEST),
    ],
)
def test_the_oldest_host_that_runs_the_engines_cuda_is_chosen(engine, instance_type, host):
    version = engine_version(engine)

    assert host_image_for(version, "aws", instance_type).name == host
    assert incompatible_because(version, TYPES[instance_type]) is None


def test_a_cloud_that_lets_nobody_choose_its_host_has_none():
    a100 = TYPES["Standard_NC24ads_A100_v4"]

    assert host_image_for(engine_version("tgi"), "azure", a100.name) is None
    assert incompatible_because(engine_version("tgi"), a100) is None


@pytest.mark.parametrize(
    ("engine", "instance_type", "host", "words"),
    [
        (
            "tgi@3.3.6",
            "ml.g5.12xlarge",
            OLD,
            f"{OLD} has driver 535, for CUDA up to 12.2; tgi 3.3.6 needs CUDA 12.4",
        ),
        ("vllm@0.29.0", "ml.g5.12xlarge", NEW, "needs CUDA 13.0"),
        (
            "tgi@2.2.0",
            "ml.g6e.12xlarge",
            "al2-ami-sagemaker-inference-gpu-2",
            "al2-ami-sagemaker-inference-gpu-2 is not for ml.g6e.12xlarge",
        ),
        ("tgi", "Standard_NC24ads_A100_v4", NEW, f"{NEW} is not for Standard_NC24ads_A100_v4"),
    ],
)
def test_a_host_that_does_not_do_is_told(engine, instance_type, host, words):
    why = incompatible_because(engine_version(engine), TYPES[instance_type], HOSTS[host])

    assert words in why
    assert host_refusal(engine_version(engine), TYPES[instance_type], HOSTS[host]) == why


@pytest.mark.parametrize(
    ("engine", "instance_type", "words"),
    [
        ("tgi@3.3.6", "ml.g4dn.xlarge", "capability 7.5; tgi 3.3.6 has no kernels for it"),
        ("tgi@3.3.6", "Standard_NC6s_v3", "capability 7.0; tgi 3.3.6 has no kernels for it"),
        ("vllm@0.29.0", "Standard_NC6s_v3", "capability 7.0; vllm 0.29.0 has no kernels for it"),
    ],
)
def test_a_gpu_without_kernels_is_told(engine, instance_type, words):
    assert words in gpu_refusal(engine_version(engine), TYPES[instance_type].accelerator)


@pytest.mark.parametrize(
    ("engine", "words"),
    [("tgi@3.3.5", "needs CUDA 12.8 or later, tgi 3.3.5 has 12.4"), ("vllm@0.10.2", None)],
)
def test_blackwell_needs_an_image_built_with_the_cuda_that_knows_it(engine, words):
    blackwell = TYPES["ml.g7e.2xlarge"].accelerator

    refusal = gpu_refusal(engine_version(engine), blackwell)

    assert refusal == (None if words is None else f"{blackwell.name} {words}")


@pytest.mark.parametrize("engine", ["tgi@3.3.5", "vllm@0.29.0"])
def test_what_runs_no_cuda_is_refused_for_every_engine(engine):
    refusal = gpu_refusal(engine_version(engine), TYPES["ml.inf2.xlarge"].accelerator)

    assert "AWS Inferentia2 runs no CUDA" in refusal


def test_a_machine_that_no_host_image_is_for_is_told_as_that():
    p3 = TYPES["ml.p3.2xlarge"]

    why = incompatible_because(engine_version("vllm@0.10.2"), p3)

    assert why.startswith("no host image for ml.p3.2xlarge has CUDA 12.8")
    assert "the newest, al2-ami-sagemaker-inference-gpu-3-1, has 12.4" in why


def test_what_is_no_quantization_of_a_version_is_what_the_plan_says():
    old = replace(engine_version("tgi"), quantizations=("none",))

    assert quantization_refusal(old, "fp8") == "tgi 3.3.5 has no fp8"
    assert quantization_refusal(old, "none") is None


@pytest.mark.parametrize(
    ("asked", "known"),
    [(None, "3.3.5"), ("3.3.6", "3.3.6"), ("3.3.2", "3.2.3"), ("1.4.0", "2.0.0")],
)
def test_a_version_that_is_not_on_record_is_measured_as_the_next_older_one(asked, known):
    assert Engine("tgi", asked).on_record().version == known


@pytest.mark.parametrize("kind", TYPES.values(), ids=TYPES)
def test_a_plan_offers_what_is_compatible_and_says_of_the_rest_why_in_the_same_words(kind):
    version = engine_version("tgi")
    price = Price(kind.cloud, "near", kind.name, 1.0, "published", date(2026, 11, 22), "test")

    found = plan(load_catalog().model("smollm2-135m-instruct"), [Offer(kind, price)], WORKLOAD)

    why = incompatible_because(version, kind)
    assert [each.reason for each in found.rejected] == ([] if why is None else [why])


def test_a_gpu_that_tgi_has_no_kernels_for_may_have_them_in_vllm():
    t4 = TYPES["ml.g4dn.xlarge"]

    assert incompatible_because(engine_version("tgi"), t4) is not None
    assert incompatible_because(engine_version("vllm"), t4) is None


@pytest.mark.parametrize("engine", ["tgi", "vllm"])
def test_what_a_cloud_has_retired_is_refused_for_every_engine(engine):
    why = incompatible_because(engine_version(engine), TYPES["Standard_NC6s_v3"])

    assert "retired" in why


def test_a_quantization_that_the_engine_lacks_is_told():
    why = incompatible_because(engine_version("vllm"), TYPES["ml.g5.12xlarge"], quantization="eetq")

    assert why == "vllm 0.10.2 has no eetq"


@pytest.mark.parametrize("version", VERSIONS, ids=lambda each: f"{each.engine}@{each.version}")
def test_what_is_chosen_is_never_refused(version):
    for each in TYPES.values():
        host = host_image_for(version, each.cloud, each.name)
        if host is not None:
            assert host_refusal(version, each, host) is None


@pytest.mark.parametrize("version", VERSIONS, ids=lambda each: f"{each.engine}@{each.version}")
def test_a_newer_driver_never_refuses_what_an_older_one_runs(version):
    newest = max(HOSTS.values(), key=lambda each: each.cuda)
    for each in TYPES.values():
        if each.cloud == newest.cloud and newest.is_for(each.name):
            assert host_refusal(version, each, newest) is None
