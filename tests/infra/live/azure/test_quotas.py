"""Quota is counted as Azure ML counts it: need against have, exactly, or it is unknown."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.azure_ml.specs import SMALL
from llamactl_catalog.errors import NoQuota
from llamactl_infra.capacity import Schedule
from llamactl_infra.live.azure.quotas import machine_of, need_of, same_family, usages_for
from standins.azure.faults import throttled

A100 = "standardNCADSA100v4Family"
A10 = replace(SMALL, instance_type="Standard_NV36ads_A10_v5")
OTHER_IMAGE = replace(SMALL, image=f"llamas.azurecr.io/llamactl/tgi@sha256:{'e' * 64}")
QUOTA = "quota"


def look(live, spec, standing=None):
    return next(each for each in live.checks(spec, standing) if each.check == QUOTA)


def test_a_family_with_a_reserve_needs_a_fifth_more_instances(azure, live):
    azure.limits = {"standardNVADSA10v5Family": 143}

    found = look(live, replace(A10, instances=3))

    assert found.state == "failed"
    assert isinstance(found.error, NoQuota)
    assert "144 vCPUs needed, 143 free of 143" in found.text
    assert "20 % in reserve" in found.text


def test_a_family_without_one_needs_what_it_runs(azure, live):
    azure.limits = {A100: 72}

    found = look(live, replace(SMALL, instances=3))

    assert found.state == "ok"
    assert f"{A100} in westeurope: 72 vCPUs needed, 72 free of 72" in found.text


def test_a_second_deployment_is_needed_whole_beside_the_first(azure, deployed, live):
    azure.limits = {A100: 24 + 23}

    found = look(live, OTHER_IMAGE, standing=SMALL)

    assert found.state == "failed"
    assert "24 vCPUs needed, 23 free of 47" in found.text
    assert "beside the deployment that stands" in found.text
    assert found.error is not None
    assert "--update rolling" in (found.error.hint or "")


def test_what_is_changed_in_place_needs_only_what_comes_to_it(azure, deployed, live):
    azure.limits = {A100: 48}

    assert look(live, replace(SMALL, instances=2), standing=SMALL).state == "ok"
    assert look(live, replace(SMALL, instances=3), standing=SMALL).state == "failed"


def test_another_instance_type_is_no_rolling_update(azure, live):
    azure.limits = {A100: 24}
    bigger = replace(SMALL, instance_type="Standard_NC48ads_A100_v4")

    error = look(live, bigger, standing=SMALL).error

    assert error is not None
    assert "rolling" not in (error.hint or "")


def test_all_cores_of_a_region_have_a_limit_too(azure, live):
    azure.subscription.all_cores = 20

    found = look(live, SMALL)

    assert found.state == "failed"
    assert "Total Cluster Dedicated Regional vCPUs in westeurope: 24 vCPUs needed" in found.text


@pytest.mark.parametrize(
    "counts",
    [
        {"min_instances": 1, "max_instances": 4},
        {"schedules": (Schedule("day", "0 8 * * 1-5", 4, 4),)},
    ],
    ids=["max", "schedule"],
)
def test_the_peak_is_what_the_quota_must_hold(azure, live, counts):
    azure.limits = {A100: 95}
    scaled = replace(SMALL, **counts)

    short = look(live, scaled)
    azure.limits = {A100: 96}

    assert (short.state, short.error.exit_code) == ("failed", 4)
    assert "4 instances of 24 vCPUs at the peak, 1 at first" in short.text
    assert "a lower --max" in short.error.hint
    assert look(live, scaled).state == "ok"


def test_a_peak_that_does_not_grow_needs_nothing_more(azure, deployed, live):
    scaled = replace(SMALL, min_instances=1, max_instances=4)
    azure.limits = {A100: 96}

    same = look(live, replace(scaled, target_concurrency=3), standing=scaled)
    wider = look(live, replace(scaled, max_instances=5), standing=scaled)

    assert (same.state, wider.state) == ("ok", "failed")
    assert "96 vCPUs needed, 72 free of 96" in wider.text


def test_a_family_that_is_not_listed_is_unknown(azure, live):
    azure.limits = {"standardDSv3Family": 100}

    found = look(live, SMALL)

    assert (found.state, found.error) == ("unknown", None)


def test_an_instance_type_that_nobody_knows_is_unknown(azure, live):
    assert look(live, replace(SMALL, instance_type="Standard_X1")).state == "unknown"


def test_an_answer_that_does_not_come_is_unknown_and_not_none(azure, live):
    azure.faults.append(throttled("/usages$", times=99, retry_after="0"))

    found = look(live, SMALL)

    assert (found.state, found.error) == ("unknown", None)
    assert "429" in found.text
    assert [path for _, path in azure.requests if path.endswith("/usages")][2:] == []


def test_no_limit_is_no_shortage():
    told = {"type": "Microsoft.MachineLearningServices/vmFamily/usages", "currentValue": 18}
    named = {**told, "name": {"value": A100}, "limit": -1}

    assert [each.free for each in usages_for(A100, [named])] == [None]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Standard NCADSA100v4 Family Cluster Dedicated vCPUs", A100),
        ("standard NCADSA100v4Family", A100),
        ("Standard NCASv3_T4 Family Cluster Dedicated vCPUs", "Standard NCASv3_T4 Family"),
    ],
)
def test_a_family_is_the_same_however_azure_writes_it(one, other):
    assert same_family(one, other)


@pytest.mark.parametrize(
    "other",
    ["Standard NCADSA100v4 Family Cluster LowPriority vCPUs", "Standard NCv4 Family"],
)
def test_another_family_and_that_of_spot_are_not(other):
    assert not same_family(other, A100)


@given(st.integers(1, 50), st.integers(1, 50))
def test_more_instances_never_need_less(one, more):
    fewer, greater = replace(A10, instances=one), replace(A10, instances=one + more)
    machine = machine_of(A10)
    assert machine is not None

    assert need_of(fewer, machine, None).cores < need_of(greater, machine, None).cores
    assert need_of(greater, machine, fewer).cores <= need_of(greater, machine, None).cores
