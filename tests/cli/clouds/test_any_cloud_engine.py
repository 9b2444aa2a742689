"""`--cloud any --fallback`: where the first cloud has no room the other serves, alone."""

import pytest

from cli.clouds.conftest import MODEL
from standins.aws import faults as of_aws
from standins.azure import faults as of_azure

pytest.importorskip("pulumi_aws", reason="needs the extra 'aws'")
pytest.importorskip("pulumi_azure_native", reason="needs the extra 'azure'")
pytestmark = pytest.mark.engine
ANY = ("deploy", MODEL, "--name", "chat", "--yes", "--cloud", "any", "--fallback")
TYPES = ("--instance-type", "ml.g6.xlarge", "--instance-type", "Standard_NV36ads_A10_v5")
PLACES = ("--region", "us-east-1", "--region", "centralus")


def kinds_of(there):
    return {each.partition(" ")[0] for each in there}


def test_azure_serves_where_aws_has_no_room_and_staged_weights_alone_are_left_there(
    on_both, aws, azure
):
    aws.faults.append(of_aws.out_of_capacity())

    done = on_both(*ANY, *TYPES, *PLACES)

    assert done.code == 0, done.err
    assert "ml.g6.xlarge in us-east-1 on aws" in done.err
    assert "is not available" in done.err or "was not to be had" in done.err
    assert kinds_of(aws.everything()) == {"weights"}
    (endpoint,) = azure.endpoints()
    assert len(azure.deployments(endpoint["id"])) == 1
    destroyed = on_both("destroy", "chat", "--yes", "--weights")
    assert destroyed.code == 0, destroyed.err
    assert on_both.remains() == []


def test_aws_serves_where_azure_has_no_room_and_nothing_is_left_on_azure(on_both, aws, azure):
    azure.faults.append(of_azure.out_of_capacity())

    done = on_both(*ANY, *TYPES, *PLACES, "--optimize", "latency")

    assert done.code == 0, done.err
    assert "Standard_NV36ads_A10_v5 in centralus on azure" in done.err
    assert sorted(azure.store.resources) == []
    assert "endpoint chat" in aws.everything()
    destroyed = on_both("destroy", "chat", "--yes", "--weights")
    assert destroyed.code == 0, destroyed.err
    assert on_both.remains() == []
