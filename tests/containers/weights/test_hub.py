"""The Hub, asked by its real client: who may read, what is there, and where."""

import pytest

from llamactl_catalog.errors import InvalidFile, NoAccess, NotFound, Unhealthy
from llamactl_containers.weights.access import HubRevision, require_access
from llamactl_containers.weights.answers import Answer
from llamactl_containers.weights.files import WeightFile
from standins.file_server import Trouble
from standins.hub import REPO, REVISION, TOKEN, UNGRANTED

OTHER_REVISION = "0" * 40
UNKNOWN = TOKEN + "x"


def state(move, **asked):
    return move.client(**asked).access().state


def test_a_token_that_was_granted_may_read(move):
    access = move.client().access()

    assert (access.state, access.gated) == ("granted", True)
    assert access.token == "environment variable HF_TOKEN"  # noqa: S105 - where it is
    assert require_access(access, HubRevision(REPO, REVISION)) is None


def test_without_a_token_nobody_is_logged_in(move):
    assert state(move, token=None) == "not-logged-in"


def test_a_token_that_was_not_granted_is_told_with_its_account(move):
    access = move.client(token=UNGRANTED).access()

    assert (access.state, access.account) == ("not-granted", "bob")


def test_a_token_that_the_hub_does_not_know_is_told(move):
    access = move.client(token=UNKNOWN).access()

    error = require_access(access, HubRevision(REPO, REVISION, "http://hub.example"))
    assert access.state == "wrong-token"
    assert error.hint == "make a new one at http://hub.example/settings/tokens, and put it there"


def test_a_repository_that_is_not_there_is_told(move):
    assert state(move, repo="meta-llama/none") == "no-repository"


def test_a_revision_that_is_not_there_is_told(move):
    assert state(move, revision=OTHER_REVISION) == "no-revision"


def test_an_open_repository_needs_no_token(hub, move):
    hub.gated = False

    access = move.client(token=None).access()

    assert (access.state, access.gated) == ("granted", False)


def test_a_right_that_a_file_alone_asks_for_is_told(hub, move):
    message = "Please enable access to public gated repositories in your fine-grained token"
    hub.trouble = lambda asked, _: (
        Trouble(status=403, headers={"X-Error-Code": "GatedRepo", "X-Error-Message": message})
        if "/resolve/" in asked.path
        else None
    )

    access = move.client().access()

    error = require_access(access, HubRevision(REPO, REVISION))
    assert access.state == "not-granted"
    assert isinstance(error, NoAccess)
    assert message in error.message


def test_each_refusal_has_its_own_words_and_exit_code(move):
    asked = [
        {"token": None},
        {"token": UNGRANTED},
        {"token": UNKNOWN},
        {"repo": "meta-llama/none"},
        {"revision": OTHER_REVISION},
    ]

    errors = [
        require_access(move.client(**each).access(), HubRevision(REPO, REVISION)) for each in asked
    ]

    assert [each and each.exit_code for each in errors] == [6, 6, 6, 12, 12]
    assert len({each and each.message for each in errors}) == len(errors)
    assert not [each for each in errors if each and TOKEN in f"{each.message} {each.hint}"]


def test_a_busy_hub_is_asked_again_as_late_as_it_wants(hub, move):
    hub.trouble = lambda _, number: (
        Trouble(status=429, headers={"Retry-After": "0"}) if number < 2 else None
    )

    assert state(move) == "granted"


def test_a_hub_that_stays_busy_is_told(hub, move):
    hub.trouble = lambda _asked, _number: Trouble(status=503)

    with pytest.raises(Unhealthy, match="status 503"):
        move.client().access()


def test_a_hub_that_wants_hours_is_not_waited_for(hub, move):
    hub.trouble = lambda _asked, _number: Trouble(status=429, headers={"Retry-After": "7200"})

    with pytest.raises(Unhealthy, match="asks to wait 2 h"):
        move.client().access()


def test_a_hub_that_is_away_is_told(hub, move):
    hub.__exit__()

    with pytest.raises(Unhealthy, match="cannot be reached"):
        move.client().access()


def test_the_listing_has_sizes_and_digests_of_what_is_needed(hub, move):
    listing = move.client().listing()

    kinds = {each.path: each.digest and each.digest.kind for each in listing.files}
    assert kinds["config.json"] == "git-sha1"
    assert kinds["model-00001-of-00002.safetensors"] == "sha256"
    assert {each.path: each.size_bytes for each in listing.files} == {
        name: len(hub.files[name]) for name in kinds
    }
    assert listing.origin == {"kind": "huggingface", "repo": REPO, "revision": REVISION}


def test_a_listing_without_access_says_what_a_probe_says(move):
    with pytest.raises(NotFound, match="no revision"):
        move.client(revision=OTHER_REVISION).listing()


def test_the_token_goes_to_the_hub_and_never_to_its_cdn(hub, move, tmp_path):
    move(tmp_path / "out")

    assert not [each for each in hub.asked_of("cdn") if "authorization" in each.headers]
    assert [each for each in hub.asked_of("hub") if "authorization" in each.headers]


def test_a_file_that_is_not_as_it_was_listed_is_refused(hub, move):
    client = move.client()
    name = "model-00001-of-00002.safetensors"
    listed = next(each for each in client.listing().files if each.path == name)
    hub.files[name] = b"another" * 2000

    with pytest.raises(InvalidFile) as caught:
        client.locate(listed)

    assert len(caught.value.problems) == 2


def test_a_place_that_refuses_what_the_token_may_read_is_told_as_such(move):
    error = move.client().refusal(WeightFile("config.json", 1), Answer(418, {}))

    assert isinstance(error, Unhealthy)
    assert "status 418, though the token may read it" in error.message
