"""Azure ML's list of sizes: how it is asked, what counts, refusals, throttling, broken answers."""

from datetime import date

import pytest

from llamactl_catalog.errors import InvalidInput, NoPermission, Unhealthy
from llamactl_catalog.progress import silent
from llamactl_infra.prices.azure_sizes import NotSignedInError, fetch_listings
from standins.azure_sizes import SUBSCRIPTION, TOKEN, AzureSizes, arm_error, size
from standins.price_lists import Answer

A100 = "Standard_NC24ads_A100_v4"
TODAY = date(2026, 11, 22)
HAS = {"eastus": [size(A100), size("Standard_F4s_v2", 0)], "westus": []}


def fetch(  # noqa: PLR0913 - what a test may vary
    regions,
    trouble=lambda _number: None,
    *,
    has=HAS,
    subscription=SUBSCRIPTION,
    token=TOKEN,
    pauses=None,
):
    """Fetch from a stand-in; what each region has, and which regions were asked about."""
    pause = (pauses if pauses is not None else []).append
    with AzureSizes(has, trouble) as server:
        found = fetch_listings(
            subscription, regions, lambda: token, silent, TODAY, url=server.url, pause=pause
        )
    return {each.region: set(each.instance_types) for each in found}, server.asked


def test_each_region_is_asked_for_the_sizes_that_have_gpus():
    found, asked = fetch(["eastus", "westus"])

    assert found == {"eastus": {A100.casefold()}, "westus": set()}
    assert asked == ["eastus", "westus"]


def test_a_listing_says_of_whom_and_when_it_is():
    with AzureSizes(HAS) as server:
        [found] = fetch_listings(
            SUBSCRIPTION, ["eastus"], lambda: TOKEN, silent, TODAY, url=f"{server.url}/"
        )

    assert (found.cloud, found.region, found.dated) == ("azure", "eastus", TODAY)


def test_a_size_that_does_not_say_whether_it_has_gpus_counts():
    bare = {"name": "Standard_New"}

    assert fetch(["eastus"], has={"eastus": [bare]})[0] == {"eastus": {"standard_new"}}


@pytest.mark.parametrize("name", ["two words", "esc\x1b[2J", "a\nb", ""])
def test_a_size_with_a_name_that_none_has_is_not_kept(name):
    with pytest.raises(Unhealthy, match="a size without a name"):
        fetch(["eastus"], has={"eastus": [size(name)]})


def test_a_region_without_the_service_has_nothing():
    assert fetch(["chilecentral"])[0] == {"chilecentral": set()}


def test_what_the_stand_in_answers_is_what_the_service_documents():
    models = pytest.importorskip("azure.ai.ml._restclient.arm_ml_service.models")
    content = {"value": [size(A100)]}

    [read] = models.VirtualMachineSizeListResult(content).value

    assert (read.name, read.family, read.gpus, read.v_cp_us) == (
        A100,
        "standardNCADSA100v4Family",
        1,
        24,
    )
    assert (read.os_vhd_size_mb, read.max_resource_volume_mb, read.memory_gb) == (
        1047552,
        65536,
        220.0,
    )
    assert (read.low_priority_capable, read.premium_io) == (True, True)
    assert read.supported_compute_types == ["AmlCompute"]
    assert read.estimated_vm_prices["values"][0]["retailPrice"] == 3.673


@pytest.mark.parametrize(
    ("answer", "waits"),
    [
        (Answer("", 429, {"Retry-After": "7"}), [7.0, 7.0]),
        (Answer("", 429), [0.5, 1.0]),
        (Answer("", 503), [0.5, 1.0]),
    ],
    ids=["as asked", "doubling", "broken server"],
)
def test_a_busy_service_is_asked_again_after_a_wait(answer, waits):
    pauses = []

    found, asked = fetch(["eastus"], lambda number: answer if number < 2 else None, pauses=pauses)

    assert set(found) == {"eastus"}
    assert pauses == waits
    assert asked == ["eastus"] * 3


@pytest.mark.parametrize(
    ("refusal", "says", "way_on"),
    [
        (arm_error(401, "ExpiredAuthenticationToken", "old"), "refuses the sign-in", "az login"),
        (arm_error(403, "AuthorizationFailed", "no"), "refuses its list of sizes", "Reader"),
        (arm_error(404, "SubscriptionNotFound", "none"), "no such subscription", "az account list"),
        (
            arm_error(409, "MissingSubscriptionRegistration", "not registered"),
            "does not have Azure ML",
            "az provider register",
        ),
        (Answer("<html>proxy</html>", 403), "403: <html>", "Reader"),
    ],
)  # fmt: skip
def test_a_refusal_says_what_to_do(refusal, says, way_on):
    with pytest.raises(NoPermission, match=says) as raised:
        fetch(["eastus"], lambda _number: refusal)

    assert way_on in raised.value.hint


def test_a_token_that_is_wrong_is_refused_and_never_told():
    with pytest.raises(NoPermission, match="InvalidAuthenticationToken") as raised:
        fetch(["eastus"], token=TOKEN[::-1])

    assert TOKEN[::-1] not in f"{raised.value} {raised.value.hint}"


@pytest.mark.parametrize(
    ("trouble", "says"),
    [
        (Answer("", 429, {"Retry-After": "3600"}), "asks to wait 3600 s"),
        (Answer("", 429), "answers 429, 6 times in a row"),
        (
            arm_error(400, "InvalidApiVersionParameter", "too old"),
            "400: InvalidApiVersionParameter",
        ),
        (Answer("<html>maintenance</html>"), "a page that is not JSON"),
        (Answer({"values": []}), "a page without value"),
        (Answer({"value": None}), "a page without value"),
        (Answer([]), "a page without value"),
        (Answer({"value": [{"gpus": 1}]}), "a size without name"),
        (Answer({"value": ["Standard"]}), "a size without name"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_an_answer_that_is_no_list_of_sizes_ends_the_refresh(trouble, says):
    with pytest.raises(Unhealthy, match=says):
        fetch(["eastus"], lambda _number: trouble)


@pytest.mark.parametrize("subscription", ["", "my-subscription", "../x", f"{SUBSCRIPTION}/y"])
def test_a_subscription_that_is_no_id_is_refused(subscription):
    with pytest.raises(InvalidInput, match="no id of a subscription"):
        fetch(["eastus"], subscription=subscription)


def test_a_token_goes_over_no_open_line():
    with pytest.raises(InvalidInput, match="over an open line"):
        fetch_listings(
            SUBSCRIPTION, ["eastus"], lambda: TOKEN, silent, TODAY, url="http://mirror.example"
        )


def test_nobody_there_is_told_after_a_few_tries():
    with AzureSizes(HAS) as server:
        gone = server.url

    with pytest.raises(Unhealthy, match=r"cannot be reached.*3 times in a row"):
        fetch_listings(
            SUBSCRIPTION, ["eastus"], lambda: TOKEN, silent, TODAY, url=gone, pause=[].append
        )


def test_nobody_signed_in_is_for_the_caller_to_tell():
    def token():
        raise NotSignedInError("sign in with az login")

    with pytest.raises(NotSignedInError):
        fetch_listings(SUBSCRIPTION, ["eastus"], token, silent, TODAY, url="http://127.0.0.1:1")
