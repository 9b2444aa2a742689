"""Plans on prices and regions that `catalog refresh` fetched, whole and damaged."""

import json
from datetime import date

import pytest

from llamactl.main import run
from llamactl_catalog.availability import format_listings, listing_file
from llamactl_catalog.progress import silent
from llamactl_infra.prices.listings import refresh_listings
from llamactl_infra.prices.refresh import refresh
from standins.azure_sizes import SUBSCRIPTION, TOKEN, AzureSizes, size
from standins.price_lists import AzurePriceList, azure_meter

A100, H100 = "Standard_NC24ads_A100_v4", "Standard_NC40ads_H100_v5"
TODAY = date(2026, 11, 22)
METERS = [azure_meter(A100, "eastus", 1.25), azure_meter(H100, "eastus", 2.5)]


@pytest.fixture
def llamactl(tmp_path, capsys, monkeypatch):
    """Run a command on a cache of its own that was refreshed; exit code, stdout and stderr."""
    monkeypatch.delenv("AZURE_SUBSCRIPTION_ID", raising=False)

    def command(*arguments):
        capsys.readouterr()
        code = run([f"--cache-dir={tmp_path}", *arguments])
        said = capsys.readouterr()
        return code, said.out, said.err

    with AzurePriceList(METERS) as prices:
        code, _, err = command(
            "catalog", "refresh", "--cloud=azure", f"--price-url=azure={prices.url}"
        )
    assert code == 0, err
    return command


def plan(llamactl, *options):
    code, out, err = llamactl("plan", "llama-2-7b", *options, "--json")
    return code, json.loads(out) if out else None, err


def test_a_plan_takes_the_refreshed_price(llamactl):
    _, document, _ = plan(llamactl, "--region", "eastus")

    first = document["placements"][0]
    assert (first["instance_type"], first["usd_per_hour"]) == (A100, 1.25)
    assert {each["instance_type"] for each in document["placements"]} == {A100, H100}


def test_what_the_price_list_does_not_name_there_is_rejected_so(llamactl):
    _, document, _ = plan(llamactl, "--region", "eastus")

    reasons = {each["instance_type"]: each["reason"] for each in document["rejected"]}
    assert "no price is known in eastus: the price list of 20" in reasons["Standard_NV36ads_A10_v5"]


def test_regions_that_were_not_seen_keep_the_bundled_prices(llamactl):
    _, document, _ = plan(llamactl, "--region", "westeurope", "--instance-type", A100)

    assert document["placements"][0]["usd_per_hour"] == 4.775


def test_a_comparison_takes_the_refreshed_price(llamactl):
    code, out, err = llamactl("compare", "llama-2-7b", "--region=eastus", "--json")

    assert code in {0, 5}, err
    assert "1.25" in out


def test_what_fits_a_gpu_asks_for_no_price(llamactl, tmp_path):
    before = llamactl("models", "--fits", "A10G:1", "--json")
    (tmp_path / "prices" / "azure.csv").write_text("broken")

    assert llamactl("models", "--fits", "A10G:1", "--json") == before
    assert before[0] == 0


@pytest.mark.parametrize("command", ["plan", "compare"])
@pytest.mark.parametrize("damage", ["", "cloud,region,ins", "half"], ids=repr)
def test_a_damaged_cache_is_one_error_that_names_the_file_and_the_way_on(
    command, damage, llamactl, tmp_path
):
    book = tmp_path / "prices" / "azure.csv"
    whole = book.read_text("utf-8")
    book.write_text(whole[: len(whole) // 2] if damage == "half" else damage)

    code, out, err = llamactl(command, "llama-2-7b")

    assert (code, out) == (2, "")
    assert str(book) in err
    assert "llamactl catalog refresh writes it anew" in err
    assert "Traceback" not in err


def test_without_the_damaged_file_the_bundled_prices_are_used(llamactl, tmp_path):
    (tmp_path / "prices" / "azure.csv").unlink()

    _, document, _ = plan(llamactl, "--region", "eastus", "--instance-type", A100)

    assert document["placements"][0]["usd_per_hour"] == 3.673


@pytest.fixture
def listed(llamactl, tmp_path):
    """Azure ML has the H100 in eastus, and no A100."""
    with AzurePriceList(METERS) as prices:
        refresh("azure", tmp_path, silent, TODAY, url=prices.url)
    with AzureSizes({"eastus": [size(H100)]}) as sizes:
        refresh_listings(
            "azure", tmp_path, silent, TODAY,
            subscription=SUBSCRIPTION, token=lambda: TOKEN, url=sizes.url,
        )  # fmt: skip
    return llamactl


def test_a_plan_rejects_what_its_region_does_not_list(listed):
    code, document, _ = plan(listed, "--region", "eastus")

    reasons = {each["instance_type"]: each["reason"] for each in document["rejected"]}
    assert code == 0
    assert [each["instance_type"] for each in document["placements"]] == [H100]
    assert reasons[A100] == f"Azure ML does not offer it in eastus (as of {TODAY})"


def test_nothing_listed_is_told_with_the_reason(listed):
    code, document, err = plan(listed, "--region", "eastus", "--instance-type", A100)

    assert code == 5
    assert document["placements"] == []
    assert "Azure ML does not offer it in eastus" in err


def test_a_damaged_listing_is_one_error_too(listed, tmp_path):
    path = listing_file(tmp_path, "azure")
    path.write_text(format_listings([]).replace("# 0", "# 7"))

    code, _, err = plan(listed)

    assert code == 2
    assert str(path) in err
    assert "llamactl catalog refresh writes it anew" in err
