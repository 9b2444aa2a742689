"""The docs tell what the code does: a role that is made by them is the one that is checked for."""

import json
import re
from pathlib import Path

from llamactl_infra.clouds.azure.actions import EVERY

DOCS = Path(__file__).parents[3] / "docs" / "azure.md"


def test_the_role_of_the_docs_has_every_action_that_the_checks_know():
    (block,) = re.findall(r"```json\n(.*?)```", DOCS.read_text("utf-8"), re.DOTALL)

    assert json.loads(block)["Actions"] == list(EVERY)


def test_no_action_is_covered_by_another():
    wide = [each.removesuffix("*") for each in EVERY if each.endswith("/*")]

    assert not [
        each for each in EVERY for start in wide if each.startswith(start) and each != f"{start}*"
    ]
