"""No declared resource allows more instances than the price cap, the quota and the page count."""

from dataclasses import replace

import pytest

pytest.importorskip("pulumi_azure_native", reason="needs the extra 'azure'")
from hypothesis import given, settings

from infra.azure_ml.declaring import Recorded, plain, run
from infra.azure_ml.specs import SMALL
from infra.capacities import capacities, counts_in, settings_of

COUNTED = ("OnlineDeployment", "AutoscaleSetting")


@given(capacities())
@settings(max_examples=25, deadline=None)
def test_no_declared_count_exceeds_the_peak(capacity):
    spec, watching = replace(SMALL, **settings_of(capacity)), Recorded()

    run(spec, watching, lambda _: None)
    made = [plain(each.inputs) for each in watching.resources if each.typ.endswith(COUNTED)]
    found = [count for inputs in made for count in counts_in(inputs)]

    assert max(found) == spec.capacity.peak
    assert min(found) == spec.capacity.lowest
