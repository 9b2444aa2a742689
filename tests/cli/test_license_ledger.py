"""`llamactl license accept`, `status`, `verify` and `export`, without a person to ask."""

import csv
import io
import json
import subprocess
import sys

import pytest

from cli.gated_overlay import REFERENCE, WORDS, write_gated

FIELDS = ["license", "accepted", "text_sha256", "accepted_by", "accepted_at", "method"]
JANE = ("--accepted-by", "Jane Doe", "--organization", "Acme GmbH", "--email", "jane@acme.example")
PROGRAM = "from llamactl.door import main; main()"


@pytest.fixture
def gated(llamactl, tmp_path):
    write_gated(tmp_path / "overlay")
    return llamactl


def accept(llamactl, *args):
    return llamactl("license", "accept", *args)


def status_of(llamactl, license_id):
    entries = json.loads(llamactl("license", "status", "--json").out)
    return next(each for each in entries if each["license"] == license_id)


def first_record(llamactl):
    return llamactl.state / "licenses" / "records" / "00000001.json"


def test_status_has_the_fields_of_the_public_interface(gated):
    entry = status_of(gated, "acme")

    assert list(entry)[: len(FIELDS)] == FIELDS
    assert (entry["accepted"], entry["text_sha256"]) == (False, WORDS)
    assert entry["reference"] == REFERENCE


def test_an_acceptance_says_who_for_whom_and_how(gated):
    result = accept(gated, REFERENCE, *JANE, "--json")

    assert result.code == 0, result.err
    made = json.loads(result.out)
    assert made["person"] == {
        "name": "Jane Doe",
        "identity": "stated",
        "email": "jane@acme.example",
        "organization": "Acme GmbH",
        "authority": "I have the authority to accept it for Acme GmbH.",
    }
    assert made["answers"][0]["answer"] == "no"
    assert made["act"]["prompt"] in result.err
    entry = status_of(gated, "acme")
    assert (entry["accepted"], entry["accepted_by"], entry["method"]) == (
        True,
        "Jane Doe",
        "command",
    )
    assert entry["acceptance_id"] == made["acceptance_id"]


@pytest.mark.parametrize(
    "target", ["acme", "gated", "acme@", "acme@0", "acme@deadbeef", "gated@deadbeef"]
)
def test_what_names_no_text_accepts_nothing(gated, target):
    result = accept(gated, target, *JANE)

    assert result.code == 3
    assert f"@{WORDS[:8]}" in result.err
    assert gated.files() == []


def test_a_model_may_be_named_with_the_hash(gated):
    assert accept(gated, f"gated@{WORDS}", *JANE).code == 0
    assert status_of(gated, "acme")["accepted"]


def test_without_a_name_it_is_whom_the_ci_system_names(gated, monkeypatch):
    monkeypatch.setenv("GITHUB_RUN_ID", "4711")
    monkeypatch.setenv("GITHUB_ACTOR", "jane")

    made = json.loads(accept(gated, REFERENCE, "--json").out)

    assert made["person"] == {"name": "jane", "identity": "ci"}
    assert made["act"]["ci"] == {"system": "GitHub Actions", "run_id": "4711"}


def test_another_answer_than_the_license_needs_is_refused(gated):
    result = accept(gated, REFERENCE, *JANE, "--answer", "anger=yes")

    assert result.code == 3
    assert "Whoever is angry may not have it." in result.err
    assert gated.files() == []


@pytest.mark.parametrize(
    "args",
    [
        ("--answer", "anger"),
        ("--answer", "joy=yes"),
        ("--override",),
        ("--reason", "x"),
        ("--override", "--reason", " "),
        ("--accepted-by", ""),
    ],
    ids=" ".join,
)
def test_half_an_order_is_a_usage_error(gated, args):
    assert accept(gated, REFERENCE, *args).code == 2
    assert gated.files() == []


@pytest.mark.parametrize("target", [f"acme-nc@{WORDS[:8]}", f"gated@{WORDS[:8]}", "tiny@00000000"])
def test_an_override_is_for_one_model_whose_license_keeps_something_back(gated, target):
    assert accept(gated, target, *JANE, "--override", "--reason", "research").code == 2
    assert gated.files() == []


def test_an_override_is_told_with_its_model(gated):
    made = accept(gated, f"kept-back@{WORDS[:8]}", *JANE, "--override", "--reason", "research")

    assert made.code == 0, made.err
    entry = status_of(gated, "acme-nc")
    assert (entry["accepted"], entry["override_for"]) == (True, "kept-back")
    assert "acme-nc for kept-back" in gated("license", "status").out


def test_what_asks_for_nothing_is_not_recorded(gated):
    result = accept(gated, "apache-2.0", *JANE)

    assert result.code == 2
    assert "asks for no acceptance" in result.err


def test_an_unknown_name_names_the_close_ones(gated):
    assert accept(gated, f"acmee@{WORDS[:8]}", *JANE).code == 12


def test_a_whole_ledger_verifies(gated):
    accept(gated, REFERENCE, *JANE)

    result = gated("license", "verify")

    assert result.code == 0
    assert result.out.endswith("is whole: 1 record\n")
    assert json.loads(gated("license", "verify", "--json").out)["whole"]


def test_a_touched_ledger_is_told_record_by_record(gated):
    accept(gated, REFERENCE, *JANE)
    path = first_record(gated)
    path.write_bytes(path.read_bytes().replace(b"Jane", b"Joan"))

    result = gated("license", "verify")
    as_json = gated("license", "verify", "--json")

    assert (result.code, as_json.code) == (3, 3)
    assert result.out.startswith("00000001.json was edited")
    found = json.loads(as_json.out)
    assert [each["record"] for each in found["problems"]] == [1]
    assert gated("license", "status").code == 3


@pytest.mark.parametrize("written_as", ["json", "csv", "html"])
def test_an_export_goes_to_a_file_or_to_stdout(gated, tmp_path, written_as):
    accept(gated, REFERENCE, *JANE)
    path = tmp_path / f"out.{written_as}"

    shown = gated("license", "export", "--format", written_as)
    kept = gated("license", "export", "--format", written_as, "--output", path)

    assert (shown.code, kept.code) == (0, 0)
    assert "Jane Doe" in shown.out
    assert "Jane Doe" in path.read_text("utf-8")
    assert kept.out == ""


def test_an_export_of_a_broken_ledger_says_so(gated):
    accept(gated, REFERENCE, *JANE)
    accept(gated, REFERENCE, *JANE)
    first_record(gated).unlink()

    result = gated("license", "export")

    assert result.code == 3
    assert json.loads(result.out)["problems"][0]["record"] == 1


def test_a_page_shows_the_accepted_text(gated):
    accept(gated, REFERENCE, *JANE)

    page = gated("license", "export", "--format", "html").out

    assert "must not look at it in anger" in page


def test_a_ledger_may_be_elsewhere(gated, tmp_path):
    place = tmp_path / "team" / "licenses"

    gated("--license-ledger", place, "license", "accept", REFERENCE, *JANE)

    assert (place / "head.json").exists()
    assert not status_of(gated, "acme")["accepted"]


def test_a_settings_file_may_name_the_ledger_beside_it(gated, tmp_path):
    (tmp_path / "llamactl.toml").write_text('license-ledger = "licenses"\n')

    gated("--config", tmp_path / "llamactl.toml", "license", "accept", REFERENCE, *JANE)

    assert (tmp_path / "licenses" / "head.json").exists()


def test_a_folder_of_other_things_is_told(gated, tmp_path):
    result = gated("--license-ledger", tmp_path / "overlay", "license", "status")

    assert result.code == 2
    assert "is no license ledger" in result.err


def test_a_bucket_keeps_the_ledger_of_a_team(gated, s3):
    address = f"s3://{s3.bucket('a-team')}/licenses"

    accepted = gated("--license-ledger", address, "license", "accept", REFERENCE, *JANE)
    rows = gated("--license-ledger", address, "license", "export", "--format", "csv").out

    assert accepted.code == 0, accepted.err
    assert [each["license"] for each in csv.DictReader(io.StringIO(rows))] == ["acme"]


def test_a_signed_ledger_verifies_with_the_public_key(gated, tmp_path):
    pytest.importorskip("cryptography", reason="needs the extra 'sign'")
    from containers.licensing.test_signing import key_files

    private, public = key_files(tmp_path, "ed25519", "openssh")
    accept(gated, REFERENCE, *JANE, "--sign-key", private)

    result = gated("license", "verify", "--public-key", public)

    assert (result.code, "every signature is right" in result.out) == (0, True)
    accept(gated, REFERENCE, *JANE)
    assert gated("license", "verify", "--public-key", public).code == 3


def test_commands_at_the_same_time_lose_nothing(gated):
    command = [sys.executable, "-c", PROGRAM, *gated.options, "license", "accept", REFERENCE]
    started = [
        subprocess.Popen([*command, "--accepted-by", f"P{number}"], stderr=subprocess.DEVNULL)
        for number in range(8)
    ]

    assert [each.wait(timeout=60) for each in started] == [0] * 8
    found = json.loads(gated("license", "export").out)
    assert {each["person"]["name"] for each in found["records"]} == {f"P{n}" for n in range(8)}
