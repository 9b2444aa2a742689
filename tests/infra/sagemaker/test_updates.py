"""An update is over while the provider waits for it, or it is refused with the numbers."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

pytest.importorskip("pulumi_aws", reason="needs the extra 'aws'")
from infra.sagemaker.declared import GB, spec_of
from llamactl_infra.clouds.aws.checks import problems_of
from llamactl_infra.clouds.aws.updates import PROVIDER_WAIT_S, Pace, pace_of
from llamactl_infra.spec import SageMakerSpec

OWN = SageMakerSpec()
SPEC = spec_of(instances=4)
LARGE = replace(SPEC, weights_bytes=140 * GB)


def pace(spec, update, own=OWN):
    return pace_of(replace(spec, update=update), own)


def test_a_linear_update_of_7b_is_watched_for_as_long_as_fits():
    # 13.5 GB at 200 MB/s are 67 s, with 600 s to start; 3,600 - 667 - 300 over ten parts is 263 s.
    assert pace(SPEC, "linear") == Pace(10, 10, 1, 667, 263, 300)


def test_a_rolling_update_of_70b_takes_halves_since_quarters_would_not_fit():
    # 1,300 s a start: four of them are 5,200 s, two are 2,600 s and leave 500 s each.
    assert pace(LARGE, "rolling") == Pace(50, 2, 2, 1300, 300, 0)


@given(
    update=st.sampled_from(["all-at-once", "canary", "linear", "rolling"]),
    weights=st.one_of(st.none(), st.integers(GB, 150 * GB)),
)
def test_by_default_it_always_fits(update, weights):
    spec = replace(SPEC, update=update, weights_bytes=weights)

    assert pace_of(spec, OWN).whole_s <= PROVIDER_WAIT_S
    assert not [each for each in problems_of(spec) if each.startswith("update:")]


@pytest.mark.parametrize(
    ("update", "own", "words"),
    [
        ("linear", SageMakerSpec(bake_s=300), "sagemaker.bake_s of at most 263 fits"),
        ("canary", SageMakerSpec(bake_s=1500), "sagemaker.bake_s of at most 1316 fits"),
        ("rolling", SageMakerSpec(batch_percent=5), "--update all-at-once, or a shorter"),
        ("all-at-once", SageMakerSpec(keep_old_s=3600), "--update all-at-once, or a shorter"),
    ],
)
def test_what_does_not_fit_is_refused_with_the_numbers(update, own, words):
    (problem,) = problems_of(replace(SPEC, update=update, sagemaker=own))

    assert problem.startswith(f"update: {update} takes ")
    assert "the provider waits 3600 s" in problem
    assert words in problem


def test_a_start_that_no_setting_shortens_is_no_reason_to_refuse():
    huge = replace(SPEC, weights_bytes=810 * GB)

    assert not [each for each in problems_of(huge) if each.startswith("update:")]
