"""A whole life on the clouds by the permissions that the documentation tells, and by no others."""

import pytest

from cli.clouds.conftest import MODEL
from infra.live.aws.test_policy import BOUNDARY, granted
from llamactl_infra.clouds.azure.actions import EVERY
from standins.aws.evaluation import statements

pytest.importorskip("pulumi_aws", reason="needs the extra 'aws'")
pytest.importorskip("pulumi_azure_native", reason="needs the extra 'azure'")
pytestmark = pytest.mark.engine

BOUNDED = ("--set", f"sagemaker.permissions_boundary={BOUNDARY}")
SCHEDULE = '[{"name":"day","cron":"0 8 * * 1-5","min_instances":1,"max_instances":2}]'
SCALED = ("--min", "1", "--max", "3", "--set", f"schedules={SCHEDULE}")
# What no request of these tests needs, and why the policy has it all the same.
_READS = "terraform-provider-aws reads it after each change, for drift"
UNASKED = {
    "iam:ListRoleTags": _READS,
    "iam:ListRolePolicies": _READS,
    "iam:ListAttachedRolePolicies": _READS,
    "iam:ListInstanceProfilesForRole": "terraform-provider-aws asks before it deletes a role",
    "logs:ListTagsForResource": _READS,
    "cloudwatch:ListTagsForResource": _READS,
    "application-autoscaling:ListTagsForResource": _READS,
}


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
    deploy(user, *settings, "--context", "2048", "--set", "log_days=7", *SCALED)
    for command in ("status", "logs", "endpoint"):
        told(user, command, "chat")
    told(user, "invoke", "chat", "Hi")
    told(user, "list")
    told(user, "destroy", "chat", "--yes")


def test_the_documented_policy_suffices_for_a_whole_life_and_has_nothing_beyond_it(on_aws):
    policy = granted("bounded")
    on_aws.cloud.policies.granted = [policy]

    lived(on_aws, *BOUNDED)

    used = {each.action for each in on_aws.cloud.authorizations}
    known = {action for each in statements([policy]) for action in each["Action"]}
    assert sorted(known - used - UNASKED.keys()) == []
    assert sorted(UNASKED.keys() & used) == []


def test_the_documented_role_suffices_for_a_whole_life(on_azure):
    on_azure.cloud.granted = [{"actions": list(EVERY), "notActions": []}]

    lived(on_azure)
