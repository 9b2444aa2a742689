"""`llamactl catalog refresh`: what it prints, and what happens when one of the clouds fails."""

import json
import re

import pytest

from llamactl.main import run
from standins.price_lists import Answer, AwsPriceList, AzurePriceList, aws_product, azure_meter

A100 = "Standard_NC24ads_A100_v4"
METERS = [
    azure_meter(A100, "eastus", 4.0),
    azure_meter(A100, "mexicocentral", 5.0),
    azure_meter(A100, "chilecentral", 5.5),
]
PRODUCTS = [aws_product("ml.g5.xlarge", "us-east-1", 1.2)]


@pytest.fixture
def refresh(tmp_path, capsys, monkeypatch):
    """Run the command against stand-ins of both lists; exit code, stdout and stderr."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "the-secret-of-the-test")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "no-config"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")

    def command(*options, azure_trouble=lambda _number: None):
        with AwsPriceList(PRODUCTS) as aws, AzurePriceList(METERS, azure_trouble) as azure:
            urls = [f"--price-url=aws={aws.url}", f"--price-url=azure={azure.url}"]
            code = run([f"--cache-dir={tmp_path}", "catalog", "refresh", *urls, *options])
        said = capsys.readouterr()
        return code, said.out, said.err

    return command


def test_the_table_shows_what_changed(refresh):
    code, out, err = refresh("--cloud", "azure")

    rows = [re.split(r" {2,}", line.strip()) for line in out.splitlines()]
    assert code == 0
    assert rows[0] == ["CHANGE", "INSTANCE TYPE", "REGION", "WAS $/H", "NOW $/H", "%"]
    assert rows[1] == ["changed", A100, "eastus", "3.673", "4.000", "+8.9"]
    assert rows[2] == ["new", A100, "2 regions", "5.000 to 5.500"]
    assert ["gone", "Standard_NC40ads_H100_v5", "eastus", "6.980"] in rows
    assert "azure    3 prices in 3 regions" in err


def test_the_table_fits_a_hundred_columns(refresh):
    _, out, _ = refresh()

    assert max(map(len, out.splitlines())) <= 100


def test_a_second_refresh_says_that_nothing_changed(refresh):
    refresh("--cloud", "azure")

    code, out, err = refresh("--cloud", "azure")

    assert (code, out) == (0, "")
    assert "no price changed" in err


def test_json_holds_every_change(refresh):
    code, out, _ = refresh("--json")

    aws, azure = json.loads(out)
    assert code == 0
    assert (aws["cloud"], aws["prices"], azure["cloud"], azure["prices"]) == ("aws", 1, "azure", 3)
    assert azure["path"].endswith("azure.csv")
    assert azure["changes"][0] == {
        "kind": "changed",
        "region": "eastus",
        "instance_type": A100,
        "was_usd_per_hour": 3.673,
        "usd_per_hour": 4.0,
        "percent": 8.9,
    }


def test_a_cloud_that_fails_leaves_the_other_refreshed(refresh, tmp_path):
    code, out, err = refresh(azure_trouble=lambda _number: Answer("maintenance"))

    assert code == 8
    assert "ml.g5.xlarge" in out
    assert "a page that is not JSON" in err
    assert [each.name for each in (tmp_path / "prices").glob("*.csv")] == ["aws.csv"]


def test_without_credentials_the_other_cloud_is_refreshed_and_the_way_on_is_told(
    refresh, tmp_path, monkeypatch
):
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))

    code, _, err = refresh()

    assert code == 10
    assert "no AWS credentials" in err
    assert "aws sso login" in err
    assert (tmp_path / "prices" / "azure.csv").exists()


def test_both_failures_are_told(refresh, tmp_path, monkeypatch):
    monkeypatch.setenv("AWS_PROFILE", "nobody")

    code, out, err = refresh(azure_trouble=lambda _number: Answer("maintenance"))

    assert (code, out) == (8, "")
    assert "nobody" in err
    assert "a page that is not JSON" in err
    assert not (tmp_path / "prices").exists()


@pytest.mark.parametrize("url", ["azure", "gcp=http://x", "azure=ftp://x"])
def test_an_address_that_is_none_is_refused(url, capsys):
    assert run(["catalog", "refresh", f"--price-url={url}"]) == 2
    assert "is not CLOUD=URL" in capsys.readouterr().err


def test_an_unknown_cloud_names_those_that_there_are(capsys):
    assert run(["catalog", "refresh", "--cloud", "awz"]) == 2
    assert "'aws', 'azure'" in capsys.readouterr().err
