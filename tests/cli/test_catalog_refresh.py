"""`llamactl catalog refresh`: what it prints, and what happens when one of the clouds fails."""

import json
import os
import re

import pytest

from llamactl.main import run
from standins.azure_sizes import SUBSCRIPTION, TOKEN, AzureSizes, arm_error, size
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
    monkeypatch.delenv("AZURE_SUBSCRIPTION_ID", raising=False)

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


@pytest.fixture
def az(tmp_path, monkeypatch):
    """Somebody is signed in with az login; without the file that is given, nobody is."""
    pytest.importorskip("azure.identity")
    program = tmp_path / "bin" / "az"
    program.parent.mkdir()
    signed_in = {"accessToken": TOKEN, "expires_on": 4070908800, "tokenType": "Bearer"}
    program.write_text(f"#!/bin/sh\necho '{json.dumps(signed_in)}'\n")
    program.chmod(0o700)
    monkeypatch.setenv("PATH", f"{program.parent}{os.pathsep}/bin{os.pathsep}/usr/bin")
    monkeypatch.setenv("AZURE_TOKEN_CREDENTIALS", "AzureCliCredential")
    return program


def test_without_a_subscription_one_line_says_what_was_left_out(refresh):
    code, _, err = refresh("--cloud", "azure")

    [line] = [each for each in err.splitlines() if "not asked" in each]
    assert code == 0
    assert line == (
        "azure: not asked which sizes Azure ML has in each region: no subscription is known; "
        "--subscription or AZURE_SUBSCRIPTION_ID names one"
    )
    assert "azure:" not in refresh("--cloud", "aws")[2]


@pytest.mark.skipif(os.name == "nt", reason="the stand-in of az is a shell script")
def test_whoever_is_signed_in_sees_what_each_region_has(refresh, az, tmp_path, monkeypatch):
    monkeypatch.setenv("AZURE_SUBSCRIPTION_ID", SUBSCRIPTION)
    with AzureSizes({"eastus": [size(A100)]}) as sizes:
        code, out, err = refresh("--cloud", "azure", f"--sizes-url={sizes.url}", "--json")

    [azure] = json.loads(out)
    assert code == 0
    assert azure["listing"]["instance_types"] == 1
    assert azure["listing_skipped"] is None
    assert "1 sizes with GPUs in" in err
    assert (tmp_path / "availability" / "azure.csv").exists()
    assert TOKEN not in out + err


@pytest.mark.skipif(os.name == "nt", reason="the stand-in of az is a shell script")
def test_nobody_signed_in_is_one_line_and_no_failure(refresh, az, tmp_path):
    az.unlink()

    code, out, err = refresh("--cloud", "azure", "--subscription", SUBSCRIPTION, "--json")

    told = [line for line in err.splitlines() if "azure:" in line]
    assert code == 0
    assert len(told) == 1
    assert told[0].endswith("nobody is signed in; sign in with az login")
    assert json.loads(out)[0]["listing_skipped"] == told[0]
    assert "Credential" not in err
    assert not (tmp_path / "availability").exists()


@pytest.mark.skipif(os.name == "nt", reason="the stand-in of az is a shell script")
def test_a_refused_list_of_sizes_fails_and_the_prices_are_kept(refresh, az, tmp_path):
    refused = arm_error(403, "AuthorizationFailed", "may not")
    options = ["--cloud", "azure", "--subscription", SUBSCRIPTION]
    with AzureSizes({}, lambda _number: refused) as sizes:
        code, out, err = refresh(*options, f"--sizes-url={sizes.url}")

    assert code == 10
    assert "AuthorizationFailed" in err
    assert "changed" in out
    assert [each.name for each in (tmp_path / "prices").glob("*.csv")] == ["azure.csv"]
    assert not (tmp_path / "availability").exists()


def test_a_subscription_that_is_no_id_is_told(refresh, az):
    code, _, err = refresh("--cloud", "azure", "--subscription", "mine")

    assert code == 2
    assert "'mine' is no id of a subscription" in err
