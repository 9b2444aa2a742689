"""Whatever fails of a deployment is told, with its exit code, and leaves nothing behind."""

import pytest

from cli.clouds.conftest import MODEL
from standins.aws import faults as of_aws
from standins.azure import faults as of_azure
from standins.hub import UNGRANTED

pytest.importorskip("pulumi_aws", reason="needs the extra 'aws'")
pytest.importorskip("pulumi_azure_native", reason="needs the extra 'azure'")
pytestmark = pytest.mark.engine


def deploy(user, *more):
    return user("deploy", MODEL, "--cloud", user.name, "--yes", *more)


@pytest.mark.parametrize(
    ("fault", "code", "words"),
    [
        (of_aws.out_of_capacity, 5, "InsufficientInstanceCapacity"),
        (of_aws.failed_pull, 2, "The repository of your image"),
        (lambda: of_aws.failed_health(of_aws.OLD_DRIVER), 8, "driver on your system is too old"),
        (lambda: of_aws.failed_health(of_aws.GATED), 6, "401 Client Error"),
    ],
    ids=["capacity", "image", "driver", "gated"],
)
def test_an_endpoint_that_fails_on_aws_is_told_and_can_be_removed(on_aws, fault, code, words):
    on_aws.cloud.faults.append(fault())

    failed = deploy(on_aws)

    assert failed.code == code, failed.err
    assert words in failed.err
    assert "Traceback" not in failed.err
    assert "What stands of" in failed.err
    destroyed = on_aws("destroy", MODEL, "--yes", "--weights")
    assert destroyed.code == 0, destroyed.err
    assert on_aws.remains() == []


def test_a_region_without_room_is_told_on_azure_and_the_same_command_continues(on_azure):
    on_azure.cloud.faults.append(of_azure.out_of_capacity())

    failed = deploy(on_azure)
    again = deploy(on_azure)

    assert failed.code == 5, failed.err
    assert "OutOfCapacity" in failed.err
    assert again.code == 0, again.err


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (lambda: of_aws.denied("CreateEndpoint"), "may not: sagemaker:CreateEndpoint"),
        (of_aws.expired, "the credentials of AWS have expired"),
    ],
    ids=["denied", "expired"],
)
def test_who_may_not_deploy_is_told_before_anything_is_made(on_aws, fault, words):
    on_aws.cloud.faults.append(fault())

    refused = deploy(on_aws)

    assert (refused.code, on_aws.remains()) == (10, []), refused.err
    assert words in refused.err


def test_a_quota_that_does_not_suffice_is_told_before_anything_is_made(on_aws, on_azure):
    on_aws.cloud.quotas.default = 0
    on_azure.cloud.limits = dict.fromkeys(on_azure.cloud.limits, 0)

    refused = [deploy(on_aws), deploy(on_azure)]

    assert [each.code for each in refused] == [4, 4], [each.err for each in refused]
    assert (on_aws.remains(), on_azure.remains()) == ([], [])


def test_a_token_that_the_makers_do_not_let_in_is_told_before_anything_is_made(on_aws):
    on_aws.environment["HF_TOKEN"] = UNGRANTED

    refused = deploy(on_aws)

    assert (refused.code, on_aws.remains()) == (6, []), refused.err


def test_a_license_that_is_not_accepted_and_a_price_above_the_cap_are_told(on_aws):
    dear = deploy(on_aws, "--max-usd-per-hour", "0.01")
    on_aws.environment["LLAMACTL_LICENSE_LEDGER"] = str(on_aws.folder / "another")
    unaccepted = deploy(on_aws)

    assert (dear.code, unaccepted.code) == (7, 3), dear.err + unaccepted.err
    assert on_aws.remains() == []
