"""Whose account it is, and what is said where nobody can tell."""

import subprocess
import sys

import pytest

pytest.importorskip("pulumi_aws", reason="needs the extra 'aws'")
from llamactl_catalog.errors import NoPermission
from llamactl_catalog.extras import extra_command
from llamactl_infra.live.cloud import Account, open_cloud
from standins.aws import ACCOUNT
from standins.aws.faults import expired


def test_it_is_that_of_the_credentials_that_boto3_finds(live):
    assert live.account() == Account("aws", ACCOUNT, f"arn:aws:iam::{ACCOUNT}:user/deployer")


def test_without_any_it_says_how_to_get_some(live, monkeypatch):
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")

    with pytest.raises(NoPermission, match="no credentials of AWS") as told:
        live.account()

    assert told.value.exit_code == 10
    assert "aws sso login" in told.value.hint


def test_those_that_expired_are_told_as_such(aws, live):
    aws.faults.append(expired())

    with pytest.raises(NoPermission, match="have expired"):
        live.account()


def test_a_wrong_key_is_told_without_what_was_signed(live, monkeypatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "wrong")

    with pytest.raises(NoPermission) as told:
        live.account()

    assert told.value.message == "AWS does not take these credentials (InvalidClientTokenId)"


def test_without_its_package_it_says_what_to_install():
    code = (
        "import sys\n"
        "sys.modules['botocore'] = None\n"
        "from llamactl_infra.live.cloud import open_cloud\n"
        "from llamactl_catalog.errors import ProgramMissing\n"
        "try:\n"
        "    open_cloud('aws').account()\n"
        "except ProgramMissing as error:\n"
        "    print(error.exit_code, error.hint)\n"
    )

    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert told.stdout.strip() == f"11 {extra_command('aws')}"


def test_opening_it_asks_nobody_and_loads_no_sdk():
    code = (
        "import sys\n"
        "from llamactl_infra.live.cloud import open_cloud\n"
        "open_cloud('aws')\n"
        "print({'botocore', 'boto3', 'pulumi', 'pulumi_aws'} & set(sys.modules))\n"
    )

    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert told.stdout.strip() == "set()"


def test_it_is_the_cloud_that_is_opened_by_its_name(live):
    assert type(open_cloud("aws")) is type(live)
