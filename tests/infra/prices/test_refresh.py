"""The refresh of the user's cache: whole or not at all, whatever happens on the way."""

import os
import signal
import subprocess
import sys
import threading
from datetime import date

import pytest

from llamactl_catalog.errors import InvalidFile, InvalidInput, Unhealthy
from llamactl_catalog.offers import load_prices
from llamactl_catalog.price_cache import cache_file, read_cached
from llamactl_catalog.progress import silent
from llamactl_infra.prices.refresh import refresh
from standins.price_lists import Answer, AwsPriceList, AzurePriceList, aws_product, azure_meter

A100 = "Standard_NC24ads_A100_v4"
TODAY = date(2026, 11, 22)
LATER = date(2026, 12, 24)
METERS = [
    azure_meter(A100, "eastus", 4.0),
    azure_meter(A100, "mexicocentral", 5.0),
    azure_meter("Standard_NV36ads_A10_v5", "eastus", 3.2),
]


def refreshed(cache, meters=METERS, today=TODAY, trouble=lambda _number: None):
    with AzurePriceList(meters, trouble) as server:
        return refresh("azure", cache, silent, today, url=server.url)


def in_region(cache, region):
    return {
        each.instance_type: each.usd_per_hour
        for each in load_prices(cache)
        if each.region == region
    }


def test_the_refreshed_prices_are_used_from_then_on(tmp_path):
    done = refreshed(tmp_path)

    assert (done.prices, done.regions, done.path) == (3, 2, tmp_path / "prices" / "azure.csv")
    assert in_region(tmp_path, "eastus") == {A100: 4.0, "Standard_NV36ads_A10_v5": 3.2}
    assert in_region(tmp_path, "westeurope") == in_region(None, "westeurope")
    assert in_region(tmp_path, "us-east-1") == in_region(None, "us-east-1")


def test_the_first_refresh_is_compared_with_the_bundled_prices(tmp_path):
    changes = refreshed(tmp_path).changes

    changed = [each for each in changes if each.kind == "changed"]
    [new] = [each for each in changes if each.kind == "new"]
    gone = {(each.region, each.instance_type) for each in changes if each.kind == "gone"}
    assert [(each.region, each.instance_type, each.was, each.now) for each in changed] == [
        ("eastus", A100, 3.673, 4.0)
    ]
    assert changed[0].percent == pytest.approx(8.9028, abs=1e-3)
    assert (new.region, new.instance_type, new.now) == ("mexicocentral", A100, 5.0)
    assert ("eastus", "Standard_NC96ads_A100_v4") in gone
    assert {region for region, _ in gone} == {"eastus"}  # the one bundled region that was seen


def test_the_next_refresh_is_compared_with_the_one_before(tmp_path):
    refreshed(tmp_path)

    later = refreshed(tmp_path, [*METERS[1:], azure_meter(A100, "eastus", 3.5)], LATER)

    assert [(each.kind, each.was, each.now) for each in later.changes] == [("changed", 4.0, 3.5)]
    assert {each.dated for each in read_cached(later.path)} == {LATER}


def test_the_same_prices_once_more_are_no_change(tmp_path):
    refreshed(tmp_path)

    assert refreshed(tmp_path, today=LATER).changes == ()


def test_both_clouds_lie_side_by_side(tmp_path, credentials):
    refreshed(tmp_path)
    with AwsPriceList([aws_product("ml.g5.xlarge", "us-east-1", 1.5)]) as server:
        refresh("aws", tmp_path, silent, TODAY, url=server.url)

    assert in_region(tmp_path, "eastus")[A100] == 4.0
    assert in_region(tmp_path, "us-east-1") == {"ml.g5.xlarge": 1.5}


@pytest.mark.parametrize("number", [0, 9, 17])
def test_a_broken_page_half_way_leaves_the_old_prices(tmp_path, number):
    path = refreshed(tmp_path).path
    before = path.read_bytes()

    with pytest.raises(Unhealthy):
        refreshed(tmp_path, [], LATER, lambda now: Answer("{half a pa") if now == number else None)

    assert path.read_bytes() == before
    assert not [each for each in path.parent.iterdir() if "new" in each.name]


def test_a_list_that_names_nothing_leaves_the_old_prices(tmp_path):
    path = refreshed(tmp_path).path
    before = path.read_bytes()

    with pytest.raises(Unhealthy, match="names none of 23 instance types"):
        refreshed(tmp_path, [], LATER)

    assert path.read_bytes() == before


@pytest.mark.parametrize("damage", [b"", b"cloud,region,ins", b"\xff\xfe"], ids=repr)
def test_a_damaged_cache_is_told_and_the_next_refresh_mends_it(tmp_path, damage):
    path = refreshed(tmp_path).path
    whole = path.read_bytes()
    path.write_bytes(damage)
    with pytest.raises(InvalidFile):
        load_prices(tmp_path)

    refreshed(tmp_path)

    assert path.read_bytes() == whole


def test_what_a_killed_writer_left_is_not_read_and_not_in_the_way(tmp_path):
    path = cache_file(tmp_path, "azure")
    path.parent.mkdir(parents=True)
    path.with_name(".azure.csv.new").write_text("cloud,region,ins")
    assert load_prices(tmp_path) == load_prices()

    refreshed(tmp_path)

    assert in_region(tmp_path, "eastus")[A100] == 4.0


def test_a_file_in_the_way_is_told(tmp_path):
    (tmp_path / "prices").write_text("")

    with pytest.raises(InvalidInput, match="not a folder") as raised:
        refreshed(tmp_path)

    assert "--cache-dir" in raised.value.hint


def test_two_refreshes_at_once_leave_one_whole_book(tmp_path):
    others = [azure_meter(A100, f"region{number}", 1.0 + number) for number in range(40)]
    threads = [
        threading.Thread(target=refreshed, args=(tmp_path, meters))
        for meters in (METERS, others) * 2
    ]
    for each in threads:
        each.start()
    for each in threads:
        each.join()

    assert len(read_cached(cache_file(tmp_path, "azure"))) in (3, 40)


@pytest.mark.skipif(os.name == "nt", reason="no SIGINT to another process there")
def test_an_interrupted_refresh_leaves_the_old_prices(tmp_path):
    path = refreshed(tmp_path).path
    before = path.read_bytes()
    reached, go_on = threading.Event(), threading.Event()

    def stall(number):
        if number == 5:
            reached.set()
            go_on.wait(20)

    with AzurePriceList([], stall) as server:
        options = [f"--cache-dir={tmp_path}", "catalog", "refresh", "--cloud=azure"]
        script = "from llamactl.door import main; main()"
        command = [sys.executable, "-c", script, *options, f"--price-url=azure={server.url}"]
        with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
            assert reached.wait(20)
            process.send_signal(signal.SIGINT)
            _, said = process.communicate(timeout=20)
        go_on.set()

    assert process.returncode == 130
    assert "interrupted" in said
    assert "Traceback" not in said
    assert path.read_bytes() == before
