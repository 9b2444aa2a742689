"""Azure is asked with few tokens, over all pages of a list, and on its own host alone."""

import pytest
from azure.core.exceptions import ClientAuthenticationError, ServiceRequestError

from infra.azure_ml.places import ENDPOINT, GROUP, add_deployment
from llamactl_catalog.errors import NoPermission, ProgramMissing, Unhealthy
from llamactl_infra.clouds.azure.management import Management, NotTaken, opened
from llamactl_infra.clouds.azure.signing_in import tokens, tokens_of
from standins.azure.faults import Fault
from standins.azure_registry import Identity


class Failing:
    """An identity that cannot be had."""

    def __init__(self, error):
        self.error = error

    def get_token(self, *_scopes):
        raise self.error


def test_a_list_is_read_to_its_end(endpoint):
    for number in range(3):
        add_deployment(endpoint, f"more-{number}")
    endpoint.subscription.page = 2

    with opened() as management:
        found = management.listed(f"{ENDPOINT}/deployments")

    names = sorted(each["name"] for each in found)
    assert names == ["more-0", "more-1", "more-2", "new", "old"]


def test_a_list_of_what_is_not_there_is_empty(azure):
    with opened() as management:
        assert management.listed(f"{GROUP}/providers/Microsoft.X/ys") == []


def test_no_other_host_is_told_a_token(azure):
    asked = Management("http://127.0.0.1:1", lambda _scope: "secret")

    with pytest.raises(Unhealthy, match="another host"):
        asked.listed(f"{azure.url}{GROUP}")
    asked.close()


def test_a_refusal_keeps_azures_own_code(azure):
    azure.faults.append(Fault("GET", "/sizes", "NoRegisteredProviderFound", "nowhere", 400))

    with opened() as management, pytest.raises(NotTaken) as error:
        management.listed("/sizes")

    assert error.value.code == "NoRegisteredProviderFound"


def test_a_token_is_used_for_some_minutes():
    identity, clock = Identity(), iter([0.0, 100.0, 300.0, 301.0])
    token = tokens_of(identity, lambda: next(clock))

    told = [token("a"), token("a"), token("a")]

    assert told == ["aad-token"] * 3
    assert identity.scopes == ["a", "a"]


def test_each_scope_has_a_token_of_its_own():
    identity = Identity()
    token = tokens_of(identity)

    assert (token("a"), token("b"), token("a")) == ("aad-token",) * 3
    assert identity.scopes == ["a", "b"]


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (ClientAuthenticationError("expired"), NoPermission),
        (ServiceRequestError("no route to host"), Unhealthy),
    ],
)
def test_a_sign_in_that_fails_says_why(error, told):
    with pytest.raises(told, match=str(error)):
        tokens_of(Failing(error))("a")


def test_a_token_that_is_given_is_taken_as_it_is():
    assert tokens({"LLAMACTL_AZURE_TOKEN": "given"})("any") == "given"


def test_a_service_principal_of_pulumis_that_is_none_is_said():
    here = {"ARM_TENANT_ID": "no tenant?", "ARM_CLIENT_ID": "x", "ARM_CLIENT_SECRET": "y"}

    with pytest.raises((NoPermission, ProgramMissing)):
        tokens(here)
