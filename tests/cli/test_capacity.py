"""The price cap, the quota and the page count the instances that the spec allows, for any order."""

import json
from dataclasses import asdict, replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cli.deploy_goldens import app_in, candidates_for, made
from infra.capacities import counts, ranges
from llamactl.pipeline.confirmation_page import confirmation_page
from llamactl.pipeline.deploy_record import deploy_record
from llamactl.pipeline.license_standing import license_standing
from llamactl.pipeline.placing import excess
from llamactl.pipeline.sought import Scaling
from llamactl_catalog.catalog import load_catalog
from llamactl_catalog.limits import Limits
from llamactl_infra.capacity import Schedule

SMALL = "mistral-7b-instruct-v0.3"
FOUND = {cloud: candidates_for(SMALL, cloud, replicas=2) for cloud in ("aws", "azure")}
schedules = st.lists(ranges, max_size=2).map(
    lambda pairs: tuple(Schedule(f"s{n}", f"0 {n} * * *", *pair) for n, pair in enumerate(pairs))
)


@given(st.sampled_from(["aws", "azure"]), st.none() | counts.map(lambda n: max(n, 2)), schedules)
@settings(max_examples=25, deadline=None)
def test_all_that_counts_instances_counts_those_of_the_spec(tmp_path_factory, cloud, most, timed):
    app = app_in(tmp_path_factory.getbasetemp())
    found = replace(FOUND[cloud], scaling=Scaling(most, timed))
    told = (("schedules", json.dumps([asdict(each) for each in timed])),)

    ready = made(app, SMALL, cloud, found=found, settings=told)
    standing = license_standing(app, load_catalog().model(SMALL), ready.accepted)
    record = deploy_record(ready, standing)

    peak = ready.spec.capacity.peak
    price = ready.placement.usd_per_hour / 2
    usd = pytest.approx(peak * price, abs=1e-5)
    assert record["peak_instances"] == peak
    assert record["peak_usd_per_hour"] == usd
    assert ready.spec.peak_usd_per_hour == usd
    assert excess(ready.placement, Limits(peak * price + 0.001), found.scaling) is None
    is_scaled = ready.spec.capacity.is_scaled
    too_much = excess(ready.placement, Limits(peak * price - 0.001), found.scaling)
    assert (too_much is not None) == is_scaled
    if is_scaled:
        page = " ".join(confirmation_page(ready, standing).split())
        assert f"to ${peak * price:.2f} an hour" in page
        assert f"up to {peak} instances" in page
