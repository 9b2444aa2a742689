"""What whoever deploys may do is compared with what the program does, and lacks are named."""

from dataclasses import replace

import pytest

from infra.azure_ml.specs import GATED, GIVEN, PRIVATE, REGISTRY, SCALED, SMALL, SUBNET, with_own
from llamactl_catalog.errors import NoPermission
from llamactl_infra.clouds.azure.actions import (
    EVERY,
    LOOKS,
    Permission,
    missing,
    needed,
    read_permissions,
    scope,
)
from standins.azure import SUBSCRIPTION
from standins.azure.faults import Fault
from standins.azure.subscription import CONTRIBUTOR, OWNER

WHOLE = f"/subscriptions/{SUBSCRIPTION}"
GROUP = f"{WHOLE}/resourceGroups/llamas"
ADMINISTRATOR = {
    "actions": [
        "Microsoft.Authorization/roleAssignments/write",
        "Microsoft.Authorization/roleAssignments/delete",
        "*/read",
    ],
    "notActions": [],
}


def look(live, spec):
    return next(each for each in live.checks(spec) if each.check == "permissions")


def test_an_owner_may_do_all(live):
    assert look(live, PRIVATE).state == "ok"


def test_a_contributor_lacks_role_assignments_and_is_told_so(azure, live):
    azure.subscription.roles = {WHOLE: [CONTRIBUTOR]}

    found = look(live, SMALL)

    assert found.state == "failed"
    assert isinstance(found.error, NoPermission)
    assert "may not Microsoft.Authorization/roleAssignments/write" in found.text
    assert "resourceGroups" not in found.text
    assert "Role Based Access Control Administrator" in (found.error.hint or "")
    assert "Contributor" not in (found.error.hint or "")


def test_what_one_role_leaves_out_another_gives(azure, live):
    azure.subscription.roles = {WHOLE: [CONTRIBUTOR, ADMINISTRATOR]}

    assert look(live, SMALL).state == "ok"


def test_the_custom_role_of_the_docs_is_enough_for_every_spec(azure, live):
    azure.subscription.roles = {WHOLE: [{"actions": list(EVERY), "notActions": []}]}

    for spec in (SMALL, SCALED, GATED, PRIVATE):
        assert look(live, spec).state == "ok"


def test_a_reader_is_told_of_both_roles(azure, live):
    azure.subscription.roles = {WHOLE: [{"actions": ["*/read"], "notActions": []}]}

    found = look(live, SMALL)

    assert found.error is not None
    assert "roles Contributor and Role Based" in (found.error.hint or "")
    assert " more on " in found.text


def test_where_the_group_is_given_its_own_roles_count(azure, live):
    given = with_own(SMALL, resource_group_given=True, container_registry=None)
    azure.subscription.roles = {GROUP: [OWNER]}

    assert look(live, given).state == "ok"


def test_a_registry_elsewhere_needs_the_right_to_give_a_role_on_it(azure, live):
    given = with_own(SMALL, resource_group_given=True)
    azure.subscription.roles = {GROUP: [OWNER], REGISTRY: [CONTRIBUTOR]}

    found = look(live, given)

    assert found.state == "failed"
    assert f"roleAssignments/delete on {REGISTRY}" in found.text


@pytest.mark.parametrize("status", [403, 429])
def test_what_azure_does_not_tell_is_unknown(azure, live, status):
    azure.faults.append(Fault("GET", "/permissions", "X", "no", status, times=99))

    found = look(live, SMALL)

    assert (found.state, found.error) == ("unknown", None)


def test_no_entry_at_all_is_unknown(azure, live):
    azure.subscription.roles = {}

    assert look(live, SMALL).state == "unknown"


def test_a_subnet_of_others_is_asked_for_by_itself():
    assert needed(with_own(PRIVATE, resource_group_given=True))[SUBNET] == (
        "Microsoft.Network/virtualNetworks/subnets/join/action",
    )


def test_what_is_given_needs_not_be_made():
    actions = needed(GIVEN)[scope(GIVEN)]

    assert scope(GIVEN) == GROUP
    assert "Microsoft.KeyVault/vaults/write" not in actions
    assert "Microsoft.Resources/subscriptions/resourceGroups/write" not in actions


def test_what_is_not_asked_for_needs_no_right():
    quiet = replace(SMALL, alarms=False)

    assert not [each for each in needed(quiet)[WHOLE] if "metricAlerts" in each]
    assert not [each for each in needed(quiet)[WHOLE] if "autoscale" in each]


def test_all_that_a_spec_needs_is_in_the_whole_list():
    for spec in (SMALL, SCALED, GATED, PRIVATE, GIVEN):
        asked = {each for actions in needed(spec).values() for each in actions}
        assert asked <= set(EVERY) - set(LOOKS)


@pytest.mark.parametrize(
    ("given", "lacks"),
    [
        (["Microsoft.Network/*"], False),
        (["microsoft.network/PRIVATEENDPOINTS/*"], False),
        (["*/write", "*/read"], True),
        (["Microsoft.Network/privateEndpoints"], True),
        ([], True),
    ],
)
def test_patterns_are_read_as_azure_reads_them(given, lacks):
    role = Permission(tuple(given), ())

    assert bool(missing(["Microsoft.Network/privateEndpoints/*"], [role])) == lacks


def test_what_a_role_is_without_it_does_not_give():
    told = [{"actions": ["A/*"], "notActions": ["A/*/write"]}, {"actions": None}]

    assert missing(["A/b/write", "A/b/read"], read_permissions(told)) == ("A/b/write",)
