"""What goes wrong between a source and a target, and that the right bytes arrive all the same."""

from itertools import count

import pytest

from llamactl_catalog.errors import InvalidFile, NoAccess, Unhealthy
from llamactl_containers.weights.manifest import MANIFEST_NAME
from llamactl_containers.weights.ranges import Patience
from standins.file_server import Trouble

LARGE = "model-00001-of-00002.safetensors"


def of_cdn(trouble):
    """Trouble with the CDN alone."""
    return lambda asked, number: trouble(asked, number) if asked.server == "cdn" else None


def contents(folder, names):
    return {name: (folder / name).read_bytes() for name in names}


@pytest.fixture
def arrives(hub, move, tmp_path):
    """Check that all arrives in spite of the trouble."""

    def check(trouble):
        hub.trouble = of_cdn(trouble)
        staged = move(tmp_path / "out")
        names = {each.path for each in staged.manifest.files} & {*hub.files}
        assert contents(tmp_path / "out", names) == {name: hub.files[name] for name in names}

    return check


def test_connections_that_break_off_are_taken_up_again(arrives):
    arrives(lambda _, number: Trouble(ends_after_bytes=70_000) if number % 3 == 0 else None)


def test_a_server_that_is_busy_is_asked_again(arrives):
    busy = Trouble(status=503, headers={"Retry-After": "0"})

    arrives(lambda _, number: busy if number < 3 else None)


def test_a_server_that_counts_requests_is_asked_again(arrives):
    too_many = Trouble(status=429, headers={"Retry-After": "0"})

    arrives(lambda _, number: too_many if number in {1, 2} else None)


def test_a_server_without_ranges_gives_its_files_whole(arrives):
    arrives(lambda _asked, _number: Trouble(whole=True))


def test_a_signed_place_that_has_expired_is_asked_for_again(hub, arrives):
    expired = Trouble(status=403, body=b"<Error><Code>AccessDenied</Code></Error>")

    def heads():
        return [each for each in hub.asked_of("hub", "HEAD") if each.path.endswith(LARGE)]

    arrives(lambda asked, _: expired if LARGE in asked.path and len(heads()) == 1 else None)

    assert len(heads()) > 1


def test_wrong_bytes_are_fetched_once_more(hub, move, tmp_path):
    numbers = count()
    hub.trouble = of_cdn(
        lambda asked, _: Trouble(wrong=asked.path.count(LARGE) == 1 and next(numbers) == 0)
    )

    staged = move(tmp_path / "out")

    assert (tmp_path / "out" / LARGE).read_bytes() == hub.files[LARGE]
    assert staged.moved_files == 8


def test_bytes_that_stay_wrong_are_told_with_the_file_and_leave_nothing(hub, move, tmp_path):
    hub.trouble = of_cdn(lambda asked, _: Trouble(wrong=LARGE in asked.path))

    with pytest.raises(InvalidFile, match=rf"{LARGE}: 1 problem\n.*its sha256 is .*fetched twice"):
        move(tmp_path / "out")

    out = tmp_path / "out"
    assert not (out / LARGE).exists()
    assert not (out / MANIFEST_NAME).exists()
    assert LARGE not in str([*out.rglob("*")])


def test_access_that_is_withdrawn_on_the_way_is_told(hub, move, tmp_path):
    def withdraw(asked, _number):
        if LARGE in asked.path:
            hub.granted.clear()
            return Trouble(status=403)
        return None

    hub.trouble = of_cdn(withdraw)

    with pytest.raises(NoAccess, match="alice, whose token"):
        move(tmp_path / "out")


def test_a_server_that_stays_away_is_told_with_the_file(hub, move, tmp_path):
    hub.trouble = of_cdn(lambda _asked, _number: Trouble(ends_after_bytes=0))

    with pytest.raises(
        Unhealthy, match=r"(model-0000|tokenizer).*(fails|breaks off), tried 4 times"
    ):
        move(tmp_path / "out")


def test_a_server_that_asks_for_hours_is_not_waited_for(hub, move, tmp_path):
    hub.trouble = of_cdn(lambda _a, _n: Trouble(status=429, headers={"Retry-After": "7200"}))

    with pytest.raises(Unhealthy, match=r"127\.0\.0\.1 asks to wait 2 h"):
        move(tmp_path / "out")


def test_no_message_holds_a_signature(hub, move, tmp_path):
    hub.trouble = of_cdn(lambda _asked, _number: Trouble(status=418, body=b"short and stout"))

    with pytest.raises(Unhealthy) as caught:
        move(tmp_path / "out")

    error = caught.value
    assert "Signature" not in f"{error.message} {error.hint} {error!r}"
    assert error.__cause__ is None


def test_patience_waits_longer_each_time_up_to_a_bound():
    patience = Patience(first_wait_s=1.0, longest_wait_s=5.0)

    assert [patience.wait_s(tried) for tried in (1, 2, 3, 4)] == [1.0, 2.0, 4.0, 5.0]
    assert patience.wait_s(1, asked_s=60.0) == 60.0
