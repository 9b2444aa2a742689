"""The policy that the documentation tells is the one that the code asks to be granted."""

import json
import re
from pathlib import Path

from llamactl_infra.clouds.aws.deployer_policy import deployer_policy

DOCUMENTATION = Path(__file__).parents[4] / "docs" / "aws.md"
MOST_CHARACTERS = 6144
"""Of a managed policy, without white space. Source: IAM user guide, "IAM and STS quotas"."""


def test_the_documented_policy_is_that_of_the_code():
    section = DOCUMENTATION.read_text("utf-8").partition("### Whoever deploys")[2]
    found = re.search(r"```json\n(.+?)\n```", section, re.DOTALL)

    assert json.loads(found[1]) == deployer_policy()


def test_one_managed_policy_has_room_for_it():
    assert len(json.dumps(deployer_policy(), separators=(",", ":"))) <= MOST_CHARACTERS


def test_no_action_is_a_pattern():
    actions = [each for told in deployer_policy()["Statement"] for each in told["Action"]]

    assert not [each for each in actions if "*" in each]
