"""No declared resource allows more instances than the price cap, the quota and the page count."""

import pytest

pytest.importorskip("pulumi_aws", reason="needs the extra 'aws'")
from hypothesis import given, settings

from infra.capacities import capacities, counts_in, settings_of
from infra.sagemaker.declared import declared, spec_of

COUNTED = ("EndpointConfiguration", "Target", "Policy", "ScheduledAction")


@given(capacities())
@settings(max_examples=25, deadline=None)
def test_no_declared_count_exceeds_the_peak(capacity):
    spec = spec_of(**settings_of(capacity))

    made = [each for each in declared(spec)[0] if each[0].endswith(COUNTED)]
    found = [count for _, _, inputs in made for count in counts_in(inputs)]

    assert max(found) == spec.capacity.peak
    assert min(found) == spec.capacity.lowest
