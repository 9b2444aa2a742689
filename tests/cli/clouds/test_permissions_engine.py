"""A whole life on the clouds by the permissions that the documentation tells, and by no others."""

import pytest

from cli.clouds.conftest import MODEL
from infra.live.aws.test_policy import BOUNDARY, granted
from llamactl_infra.clouds.azure.actions import EVERY

pytest.importorskip("pulumi_aws", reason="needs the extra 'aws'")
pytest.importorskip("pulumi_azure_native", reason="needs the extra 'azure'")
pytestmark = pytest.mark.engine

BOUNDED = ("--set", f"sagemaker.permissions_boundary={BOUNDARY}")
SCHEDULE = '[{"name":"day","cron":"0 8 * * 1-5","min_instances":1,"max_instances":2}]'
SCALED = ("--min", "1", "--max", "3", "--set", f"schedules={SCHEDULE}")


def deploy(user, *more):
    done = user("deploy", MODEL, "--name", "chat", "--cloud", user.name, "--yes", *more)
    assert done.code == 0, done.err


def told(user, *arguments):
    done = user(*arguments)
    assert done.code == 0, done.err
    return done.out


def lived(user, *settings):
    """From a check to nothing, with changes of what serves, of tags and of scaling between."""
    told(user, "check", MODEL, "--cloud", user.name, *settings)
    deploy(user, *settings)
    deploy(user, *settings, "--context", "2048", "--set", "owner=someone")
    deploy(user, *settings, "--context", "2048", "--set", "log_days=60", *SCALED)
    for command in ("status", "logs", "endpoint"):
        told(user, command, "chat")
    told(user, "invoke", "chat", "Hi")
    told(user, "list")
    told(user, "destroy", "chat", "--yes")


def test_the_documented_policy_suffices_for_a_whole_life(on_aws):
    on_aws.cloud.policies.granted = [granted("bounded")]

    lived(on_aws, *BOUNDED)

    assert "CreateEndpoint" in on_aws.cloud.operations()


def test_the_documented_role_suffices_for_a_whole_life(on_azure):
    on_azure.cloud.granted = [{"actions": list(EVERY), "notActions": []}]

    lived(on_azure)
