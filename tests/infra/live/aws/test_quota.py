"""The quota is told exactly: what is given, in use and needed; unknown is not none."""

from dataclasses import replace

import pytest

pytest.importorskip("pulumi_aws", reason="needs the extra 'aws'")
from infra.live.aws.checked import found
from infra.live.aws.making import made
from infra.sagemaker.declared import spec_of
from llamactl_catalog.errors import NoQuota
from llamactl_infra.capacity import Schedule
from llamactl_infra.spec import SageMakerSpec
from standins.aws.faults import denied, failed_health, throttled


def test_it_is_told_exactly(aws, live):
    aws.quotas["ml.g5.2xlarge"] = 8

    told = found(live, spec_of(instances=2))["quota"]

    assert told.text == "ml.g5.2xlarge for endpoint usage: 8, 0 in use, 2 needed"


def test_none_at_all_fails_with_the_command_that_asks_for_it(aws, live):
    aws.quotas["ml.g5.2xlarge"] = 0

    told = found(live, spec_of(instances=2))["quota"]

    assert isinstance(told.error, NoQuota)
    assert told.error.exit_code == 4
    assert told.error.hint.startswith(
        "aws service-quotas request-service-quota-increase --service-code sagemaker "
        "--quota-code L-9614C779 --desired-value 2 --region us-east-1, or "
        "https://us-east-1.console.aws.amazon.com/servicequotas/home/services/sagemaker"
    )


def test_what_other_endpoints_use_is_not_free(aws, live):
    made(aws, spec_of(name="other", instances=3))
    aws.quotas["ml.g5.2xlarge"] = 4

    told = found(live, spec_of(instances=2))["quota"]

    assert told.state == "failed"
    assert "4, 3 in use, 2 needed" in told.text


def test_endpoints_of_another_type_use_none_of_it(aws, live):
    made(aws, spec_of(name="other", instance_type="ml.g5.12xlarge", instances=3))
    aws.quotas["ml.g5.2xlarge"] = 1

    assert found(live, spec_of())["quota"].state == "ok"


def test_an_update_needs_a_second_fleet(aws, live):
    made(aws, spec_of(instances=2))
    aws.quotas["ml.g5.2xlarge"] = 3
    wanted = spec_of(instances=2, environment={"MAX_INPUT_TOKENS": "2048"})

    told = found(live, wanted, standing=spec_of(instances=2))["quota"]

    assert told.state == "failed"
    assert "3, 2 in use, 2 needed for the second fleet of the update" in told.text
    assert told.error.hint.startswith("--update rolling needs less; or aws service-quotas")


def test_a_rolling_update_needs_a_batch(aws, live):
    made(aws, spec_of(instances=2))
    aws.quotas["ml.g5.2xlarge"] = 3
    wanted = spec_of(instances=2, update="rolling", environment={"A": "b"})

    told = found(live, wanted, standing=spec_of(instances=2))["quota"]

    assert told.state == "ok"
    assert "1 needed for a batch of the update" in told.text


def test_where_nothing_changes_nothing_is_needed(aws, live):
    made(aws, spec_of(instances=2))
    aws.quotas["ml.g5.2xlarge"] = 2

    told = found(live, spec_of(instances=2, owner="me"), standing=spec_of(instances=2))["quota"]

    assert told.state == "ok"
    assert told.text == "ml.g5.2xlarge for endpoint usage: 2; no new instances are needed"


def test_another_policy_of_updates_alone_starts_a_second_fleet_and_is_counted(aws, live):
    made(aws, spec_of(instances=2))
    aws.quotas["ml.g5.2xlarge"] = 3
    wanted = spec_of(instances=2, sagemaker=SageMakerSpec(bake_s=60))

    told = found(live, wanted, standing=spec_of(instances=2))["quota"]

    assert told.state == "failed"
    assert "2 needed for the second fleet of the update" in told.text


def test_one_that_never_came_to_be_is_made_whole(aws, live):
    told = found(live, spec_of(instances=2), standing=spec_of(instances=2))["quota"]

    assert "2 needed" in told.text


def test_one_that_failed_is_made_anew(aws, live):
    aws.faults.append(failed_health())
    made(aws, spec_of(instances=2))

    told = found(live, spec_of(instances=2), standing=spec_of(instances=2))["quota"]

    assert "0 in use, 2 needed" in told.text


@pytest.mark.parametrize(
    "counts",
    [
        {"min_instances": 1, "max_instances": 4},
        {"schedules": (Schedule("day", "0 8 * * 1-5", 4, 4),)},
    ],
    ids=["max", "schedule"],
)
def test_the_peak_is_what_the_quota_must_hold(aws, live, counts):
    aws.quotas["ml.g5.2xlarge"] = 3

    short = found(live, spec_of(**counts))["quota"]
    aws.quotas["ml.g5.2xlarge"] = 4

    assert (short.state, short.error.exit_code) == ("failed", 4)
    assert "3, 0 in use, 4 needed at the peak, 1 at first" in short.text
    assert short.error.hint.startswith("a lower --max, or schedules with fewer instances; or aws")
    assert found(live, spec_of(**counts))["quota"].state == "ok"


def test_only_what_the_peak_grows_by_is_needed_of_one_that_runs(aws, live):
    before = spec_of(min_instances=1, max_instances=4)
    made(aws, before)
    aws.quotas["ml.g5.2xlarge"] = 4

    same = found(live, replace(before, owner="me"), standing=before)["quota"]
    wider = found(live, replace(before, max_instances=5), standing=before)["quota"]

    assert same.state == "ok"
    assert "4, 1 in use, 4 needed at the peak, 1 at first" in wider.text
    assert wider.state == "failed"


def test_what_it_does_not_suffice_for_later_is_said(aws, live):
    aws.quotas["ml.g5.2xlarge"] = 3

    updated = found(live, spec_of(instances=2))["quota"]

    assert updated.text.endswith(
        "; a later update needs 4 for a while, unless it is --update rolling"
    )


@pytest.mark.parametrize("fault", [throttled(".*ServiceQuota.*", 99), denied(".*ServiceQuota.*")])
def test_what_is_not_told_is_unknown_and_never_none(aws, live, fault):
    aws.faults.append(fault)

    told = found(live, spec_of())["quota"]

    assert told.state == "unknown"
    assert told.error is None


def test_where_use_is_not_told_enough_in_all_is_unknown(aws, live):
    aws.faults.append(denied("ListEndpoints"))

    told = found(live, spec_of())["quota"]

    assert told.state == "unknown"
    assert "how many are in use is not told" in told.text


def test_where_use_is_not_told_too_little_in_all_fails(aws, live):
    aws.faults.append(denied("ListEndpoints"))
    aws.quotas["ml.g5.2xlarge"] = 0

    assert found(live, spec_of())["quota"].state == "failed"


def test_a_type_whose_code_nobody_knows_is_found_by_its_name(aws, live):
    aws.quotas["ml.g4dn.xlarge"] = 5

    told = found(live, spec_of(instance_type="ml.g4dn.xlarge"))["quota"]

    assert told.text.startswith("ml.g4dn.xlarge for endpoint usage: 5")
