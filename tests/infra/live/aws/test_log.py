"""The containers' log: the last lines, all of them, and each new one as it comes."""

import time
from itertools import islice

import pytest

pytest.importorskip("pulumi_aws", reason="needs the extra 'aws'")
from infra.sagemaker.declared import spec_of
from llamactl_catalog.errors import NoPermission
from llamactl_infra.live.aws.log import GONE, NOTHING_YET
from standins.aws.faults import denied, throttled

GROUP = "/aws/sagemaker/Endpoints/chat"


def put(aws, stream, *lines, ago_s=0):
    """Write lines as an instance did, some time ago."""
    client = aws.client("logs")
    groups = client.describe_log_groups(logGroupNamePrefix=GROUP)["logGroups"]
    if not groups:
        client.create_log_group(logGroupName=GROUP)
    streams = client.describe_log_streams(logGroupName=GROUP)["logStreams"]
    if stream not in [each["logStreamName"] for each in streams]:
        client.create_log_stream(logGroupName=GROUP, logStreamName=stream)
    at_ms = int((time.time() - ago_s) * 1000)
    events = [{"timestamp": at_ms + number, "message": line} for number, line in enumerate(lines)]
    client.put_log_events(logGroupName=GROUP, logStreamName=stream, logEvents=events)


def test_all_lines_of_all_instances_come_in_the_order_of_their_times(aws, live):
    put(aws, "AllTraffic/i-1", "first", ago_s=40)
    put(aws, "AllTraffic/i-1", "third", ago_s=20)
    put(aws, "AllTraffic/i-2", "second\n", ago_s=30)

    told = list(live.log(spec_of(), tail=None, follow=False))

    assert told == ["first", "second", "third"]


def test_more_lines_than_a_page_has_all_come(aws, live):
    for number in range(3):
        lines = [f"{number}-{each}" for each in range(9000)]
        put(aws, "AllTraffic/i-1", *lines, ago_s=100 - 20 * number)

    told = list(live.log(spec_of(), tail=None, follow=False))

    assert len(told) == 27_000
    assert told[-1] == "2-8999"


@pytest.mark.parametrize(("tail", "last"), [(2, ["b", "c"]), (9, ["a", "b", "c"]), (0, [])])
def test_the_last_lines_are_the_last(aws, live, tail, last):
    put(aws, "AllTraffic/i-1", "a", "b", "c")

    assert list(live.log(spec_of(), tail=tail, follow=False)) == last


def test_the_last_lines_may_be_days_old(aws, live, passing):
    put(aws, "AllTraffic/i-1", "older", "old")
    passing.ahead_s = 3 * 86_400

    assert list(live.log(spec_of(), tail=1, follow=False)) == ["old"]


def test_without_a_log_there_is_nothing(live):
    assert list(live.log(spec_of(), tail=None, follow=False)) == []
    assert list(live.log(spec_of(), tail=10, follow=False)) == []


def test_whoever_follows_is_told_that_there_is_nothing_yet_and_then_each_line(aws, live, passing):
    passing.meanwhile = [
        lambda: None,
        lambda: put(aws, "AllTraffic/i-1", "one"),
        lambda: put(aws, "AllTraffic/i-2", "two"),
    ]

    told = list(islice(live.log(spec_of(), tail=10, follow=True), 3))

    assert told == [NOTHING_YET, "one", "two"]


def test_whoever_follows_gets_no_line_twice_and_none_that_the_tail_left_out(aws, live, passing):
    put(aws, "AllTraffic/i-1", "a", "b", "c")
    passing.meanwhile = [lambda: put(aws, "AllTraffic/i-1", "d")]

    told = list(islice(live.log(spec_of(), tail=2, follow=True), 3))

    assert told == ["b", "c", "d"]


def test_a_line_that_comes_late_is_given_too(aws, live, passing):
    put(aws, "AllTraffic/i-1", "first")
    passing.meanwhile = [lambda: put(aws, "AllTraffic/i-2", "late", ago_s=5)]

    assert list(islice(live.log(spec_of(), tail=9, follow=True), 2)) == ["first", "late"]


def test_the_longer_nothing_comes_the_less_often_it_asks(aws, live, passing):
    put(aws, "AllTraffic/i-1", "first")
    silent = [lambda: None] * 5
    passing.meanwhile = [*silent, lambda: put(aws, "AllTraffic/i-1", "then")]

    list(islice(live.log(spec_of(), tail=9, follow=True), 2))

    assert passing.pauses_s == [1, 2, 4, 8, 8, 8]


def test_following_ends_where_the_log_is_removed(aws, live, passing):
    put(aws, "AllTraffic/i-1", "first")
    passing.meanwhile = [lambda: aws.client("logs").delete_log_group(logGroupName=GROUP)]

    assert list(live.log(spec_of(), tail=9, follow=True)) == ["first", GONE]


def test_following_goes_on_when_it_is_slowed_down(aws, live, passing):
    put(aws, "AllTraffic/i-1", "first")
    passing.meanwhile = [
        lambda: aws.faults.append(throttled("FilterLogEvents", 3)),
        lambda: put(aws, "AllTraffic/i-1", "then"),
    ]

    assert list(islice(live.log(spec_of(), tail=9, follow=True), 2)) == ["first", "then"]


def test_a_log_that_may_not_be_read_is_an_error(aws, live):
    put(aws, "AllTraffic/i-1", "first")
    aws.faults.append(denied("FilterLogEvents"))

    with pytest.raises(NoPermission, match="logs:FilterLogEvents"):
        list(live.log(spec_of(), tail=None, follow=False))
