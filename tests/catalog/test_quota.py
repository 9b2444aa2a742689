"""The quota that a number of instances needs, worked by hand."""

import pytest

from llamactl_catalog.offers import load_hardware
from llamactl_catalog.quota import Quota, quota, quota_needed

BY_NAME = {each.name: each for each in load_hardware()}


@pytest.mark.parametrize(
    ("name", "instances", "units"),
    [
        ("ml.g5.12xlarge", 3, 3),  # instances, nothing kept back
        ("Standard_NC24ads_A100_v4", 2, 48),  # free of the reserve: 2 * 24 cores
        ("Standard_NV36ads_A10_v5", 1, 72),  # ceil(1.2) = 2 machines of 36 cores
        ("Standard_NV36ads_A10_v5", 3, 144),  # ceil(3.6) = 4
        ("Standard_NV36ads_A10_v5", 5, 216),  # ceil(6.0) = 6, not 7
        ("Standard_NV72ads_A10_v5", 10, 864),  # ceil(12.0) = 12 of 72
    ],
)
def test_quota_counts_instances_or_cores_with_the_reserve(name, instances, units):
    assert quota_needed(BY_NAME[name], instances) == units


@pytest.mark.parametrize(
    ("name", "instances", "expected"),
    [
        (
            "ml.g5.12xlarge",
            2,
            Quota("ml.g5.12xlarge for endpoint usage", "L-65C4BD00", "instances", 2, 4),
        ),
        (
            "Standard_NC24ads_A100_v4",
            2,
            Quota("standardNCADSA100v4Family", None, "vCPUs", 48, 96),
        ),
        # The reserve is counted for each of the two deployments: twice ceil(1.2) machines.
        ("Standard_NV36ads_A10_v5", 1, Quota("standardNVADSA10v5Family", None, "vCPUs", 72, 144)),
    ],
)
def test_an_update_needs_a_second_fleet_beside_the_first(name, instances, expected):
    assert quota(BY_NAME[name], instances) == expected
