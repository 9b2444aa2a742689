"""What an estimate says of itself: its calibration, what lies beyond it, and the error."""

import pytest

from llamactl_catalog.catalog import load_catalog
from llamactl_catalog.errors import InvalidFile
from llamactl_catalog.hardware_tables import load_accelerators
from llamactl_catalog.replica import Replica
from llamactl_catalog.speed import estimate
from llamactl_catalog.speed.calibration import FOLDER, load_calibration, read_calibration
from llamactl_catalog.workload import Workload

CATALOG, GPUS = load_catalog(), load_accelerators()
SHIPPED = load_calibration("tgi")


def speed(
    model="llama-2-13b", quantization="none", gpu="a10g", load=(10, 50, 8), version="1.0.3", **more
):
    workload = Workload(*load, 4096)
    return estimate(
        Replica(CATALOG.model(model), quantization, GPUS[gpu], 4),
        workload,
        engine_version=version,
        **more,
    )


def test_within_what_was_measured_the_calibration_stands_alone():
    found = speed()

    assert found.calibration == "TGI 1.0.3 (2023-09)"
    assert found.error == SHIPPED.errors.within


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"version": "3.3.5"}, "version 3.3.5"),
        ({"version": None}, "the version deployed"),
        ({"gpu": "l4"}, "NVIDIA L4"),
        ({"quantization": "awq"}, "awq"),
        ({"model": "llama-3.1-405b"}, "models of this size"),
        ({"model": "llama-3.2-1b"}, "models of this size"),
        ({"load": (10, 50, 64)}, "64 users"),
        ({"load": (2000, 50, 8)}, "prompts of 2000 tokens"),
    ],
)
def test_each_thing_that_was_not_measured_is_named_and_widens_the_error(asked, said):
    found = speed(**asked)

    assert found.calibration == f"TGI 1.0.3 (2023-09); not measured: {said}"
    assert found.error > SHIPPED.errors.within


def test_more_that_was_not_measured_widens_it_further():
    one, two = speed(gpu="l4"), speed(gpu="l4", quantization="awq")

    assert two.calibration.endswith("not measured: NVIDIA L4, awq")
    assert two.error > one.error


def test_long_prompts_and_another_version_are_one_doubt():
    assert speed(version=None).error == speed(version=None, load=(2000, 50, 8)).error


def test_an_engine_without_measurements_has_no_calibration():
    found = speed(engine="vllm", version=None)

    assert found.calibration == (
        "none for vllm, computed as TGI 1.0.3 (2023-09); not measured: the version deployed"
    )
    assert found.error > 1


def test_a_gpu_that_was_not_measured_gets_the_mean_host():
    hosts = SHIPPED.host_ms_per_layer

    assert min(hosts.values()) < SHIPPED.host_ms("l4") < max(hosts.values())


def test_every_shipped_calibration_names_gpus_of_the_catalog():
    for path in FOLDER.glob("*.toml"):
        assert set(read_calibration(path).host_ms_per_layer) <= set(GPUS)


def test_all_problems_of_a_calibration_are_told(tmp_path):
    path = tmp_path / "tgi-9.toml"
    text = (FOLDER / "tgi-1.0.3.toml").read_text("utf-8")
    path.write_text(
        text.replace("row_share", "row_shape").replace("rows = 36", "rows = 0"), "utf-8"
    )

    with pytest.raises(InvalidFile) as caught:
        read_calibration(path)

    assert len(caught.value.problems) == 3
