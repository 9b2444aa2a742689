"""What an estimate says of itself: its calibration, what lies beyond it, and the error."""

import pytest

from llamactl_catalog.catalog import load_catalog
from llamactl_catalog.errors import InvalidFile
from llamactl_catalog.hardware_tables import load_accelerators
from llamactl_catalog.replica import Replica
from llamactl_catalog.speed import estimate, load_calibration
from llamactl_catalog.speed.calibration import FOLDER, load_calibrations, read_calibration
from llamactl_catalog.workload import Workload

CATALOG, GPUS = load_catalog(), load_accelerators()
VLLM = load_calibration("vllm")


def speed(
    model="llama-3.1-8b-instruct", quantization="none", gpu="h100-sxm-80gb", users=8, prompt=500
):
    replica = Replica(CATALOG.model(model), quantization, GPUS[gpu], 4)
    return estimate(VLLM, replica, Workload(prompt, 100, users, 8192), 10**9)


def test_within_what_was_measured_the_calibration_stands_alone():
    found = speed()

    assert found.calibration == VLLM.title
    assert found.error_factor == VLLM.errors.within


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"gpu": "l4"}, "NVIDIA L4"),
        ({"quantization": "awq"}, "awq"),
        ({"model": "llama-3.1-405b"}, "models of this size"),
        ({"model": "llama-3.2-1b"}, "models of this size"),
        ({"users": 1000}, "1000 users"),
        ({"prompt": 8000}, "prompts of 8000 tokens"),
    ],
)
def test_each_thing_that_was_not_measured_is_named_and_widens_the_error(asked, said):
    found = speed(**asked)

    assert found.calibration == f"{VLLM.title}; not measured: {said}"
    assert found.error_factor > VLLM.errors.within


def test_more_that_was_not_measured_widens_it_further():
    one, two = speed(gpu="l4"), speed(gpu="l4", quantization="awq")

    assert two.calibration.endswith("not measured: NVIDIA L4, awq")
    assert two.error_factor > one.error_factor


@pytest.mark.parametrize(
    ("engine", "version", "name"),
    [
        ("tgi", "1.0.3", "tgi-1.0"),
        ("tgi", "1.1.0", "tgi"),
        ("tgi", "3.3.5", "tgi"),
        ("tgi", None, "tgi"),
        ("vllm", "0.5.4", "vllm-0.5"),
        ("vllm", "0.10.2", "vllm"),
        ("lmi", "0.31.0", "vllm"),
    ],
)
def test_a_version_is_answered_by_its_own_familys_constants(engine, version, name):
    assert load_calibration(engine, version).name == name


def test_no_calibration_is_lent_to_an_engine_that_has_none():
    with pytest.raises(KeyError):
        load_calibration("llama.cpp")


def test_every_calibration_names_gpus_of_the_catalog():
    for family in load_calibrations().values():
        for each in family:
            assert set(each.measured.accelerators) | set(each.machines) <= set(GPUS)


def test_all_problems_of_a_calibration_are_named(tmp_path):
    path = tmp_path / "tgi-9.toml"
    text = (FOLDER / "tgi.toml").read_text("utf-8")
    path.write_text(text.replace("layer_us", "layer_ms").replace("rows = 7", "rows = 0"), "utf-8")

    with pytest.raises(InvalidFile) as caught:
        read_calibration(path)

    assert len(caught.value.problems) == 3
