"""The license at every door: what is refused, what lets in, and what is on record then."""

import json

import pytest

from cli.gated_overlay import REFERENCE, TEXT, WORDS, write_gated
from llamactl.accept_option import VARIABLE
from llamactl_containers.licensing.ledger import open_ledger

LOCAL = ("--cloud", "local")
POLICY = f"""\
[[acceptance]]
license = "{REFERENCE}"
accepted_by = "Jane Doe"
organization = "Acme GmbH"
authority = "General counsel."
date = 2026-11-20
answers = {{ anger = "no" }}
"""


@pytest.fixture
def gated(llamactl, tmp_path):
    write_gated(tmp_path / "overlay")
    return llamactl


def records(llamactl):
    return open_ledger(str(llamactl.state / "licenses")).records()


def deploy(llamactl, tiny_gguf, *args):
    return llamactl("deploy", "gated", *LOCAL, "--gguf", tiny_gguf, *args)


@pytest.mark.parametrize(
    "door",
    [
        ("deploy", "gated", *LOCAL),
        ("deploy", "gated", *LOCAL, "--yes"),
        ("deploy", "gated", *LOCAL, "--gguf", "absent.gguf"),
        ("deploy", "gated", *LOCAL, "--engine", "tgi"),
        ("deploy", "gated", "--cloud", "aws", "--yes"),
        ("deploy", "gated", "--cloud", "azure"),
        ("deploy", "llama-2-7b-chat", *LOCAL, "--yes"),
        ("deploy", "mpt-7b-chat", *LOCAL, "--yes"),
        ("deploy", "falcon-180b", "--cloud", "aws"),
    ],
    ids=" ".join,
)
def test_no_door_opens_without_a_record(gated, door):
    result = gated(*door)

    assert result.code == 3
    assert "llamactl license accept" in result.err
    assert gated.files() == []


def test_a_model_that_asks_for_nothing_leaves_no_ledger(gated, tiny_gguf):
    result = gated("deploy", "tiny", *LOCAL, "--gguf", tiny_gguf)

    assert result.code == 0, result.err
    assert not (gated.state / "licenses").exists()


def test_the_reference_lets_in_and_is_on_record(gated, tiny_gguf):
    result = deploy(gated, tiny_gguf, "--accept-license", REFERENCE)

    assert result.code == 0, result.err
    [record] = records(gated)
    accepted = record.acceptance()
    assert (accepted.act.method, accepted.act.phrase) == ("option", REFERENCE)
    assert (accepted.model.id, accepted.terms.text("license").normalized_sha256) == ("gated", WORDS)
    state = (gated.state / "deployments" / "gated").rglob("*.json")
    assert any(record.id in path.read_text() for path in state)


def test_once_is_enough(gated, tiny_gguf):
    for _ in range(2):
        assert deploy(gated, tiny_gguf, "--accept-license", REFERENCE).code == 0

    assert deploy(gated, tiny_gguf).code == 0
    assert len(records(gated)) == 1


@pytest.mark.parametrize(
    "given", ["acme", "acme@", f"acme@{WORDS[:7]}", "acme@deadbeef", f"acme@{WORDS[:8].upper()}"]
)
def test_anything_but_the_right_form_is_refused(gated, given):
    result = gated("deploy", "gated", *LOCAL, "--accept-license", given)

    assert result.code == 3
    assert f"the right form is {REFERENCE}" in result.err
    assert gated.files() == []


def test_a_reference_to_no_license_names_the_close_one(gated):
    result = gated("deploy", "gated", *LOCAL, "--accept-license", f"acmee@{WORDS[:8]}")

    assert result.code == 3
    assert "did you mean acme" in result.err


def test_the_environment_may_name_several(gated, tiny_gguf, monkeypatch):
    monkeypatch.setenv(VARIABLE, f"llama-2@0629d729,{REFERENCE}")

    assert deploy(gated, tiny_gguf).code == 0
    assert [each.acceptance().act.method for each in records(gated)] == ["environment"]


def test_a_settings_file_accepts_nothing(gated, tmp_path):
    settings = tmp_path / "llamactl.toml"
    settings.write_text(f'[deploy]\naccept-license = "{REFERENCE}"\n')

    result = gated("--config", settings, "deploy", "gated", *LOCAL)

    assert result.code == 2
    assert "license-policy" in result.err


def test_the_organizations_policy_lets_in(gated, tiny_gguf, tmp_path):
    policy = tmp_path / "policy.toml"
    policy.write_text(POLICY)

    result = gated("--license-policy", policy, "deploy", "gated", *LOCAL, "--gguf", tiny_gguf)

    assert result.code == 0, result.err
    accepted = records(gated)[0].acceptance()
    assert accepted.act.method == "policy-file"
    assert (accepted.person.name, accepted.person.organization) == ("Jane Doe", "Acme GmbH")
    assert accepted.act.policy.decided_on == "2026-11-20"


def test_a_policy_of_another_text_is_refused_with_the_right_form(gated, tmp_path):
    policy = tmp_path / "policy.toml"
    policy.write_text(POLICY.replace(WORDS[:8], "deadbeef"))

    result = gated("--license-policy", policy, "deploy", "gated", *LOCAL)

    assert result.code == 3
    assert REFERENCE in result.err


def test_a_policy_with_problems_is_told_whole(gated, tmp_path):
    policy = tmp_path / "policy.toml"
    policy.write_text(POLICY.replace("acme@", "acmee@").replace("[[", "x = 1\n[["))

    result = gated("--license-policy", policy, "deploy", "gated", *LOCAL)

    assert result.code == 2
    assert "x: no such key" in result.err


def test_a_text_that_changed_is_asked_for_again(gated, tiny_gguf, tmp_path):
    assert deploy(gated, tiny_gguf, "--accept-license", REFERENCE).code == 0
    write_gated(tmp_path / "overlay", TEXT + "Nor in sorrow.\n")

    assert deploy(gated, tiny_gguf).code == 3
    refused = deploy(gated, tiny_gguf, "--accept-license", REFERENCE)
    assert refused.code == 3
    assert "names another text" in refused.err


def test_a_text_other_than_the_catalogs_must_be_named_itself(gated, tiny_gguf, tmp_path):
    write_gated(tmp_path / "overlay", words="ab" * 32)

    refused = deploy(gated, tiny_gguf, "--accept-license", "acme@abababab")
    accepted = deploy(gated, tiny_gguf, "--accept-license", REFERENCE)

    assert refused.code == 3
    assert accepted.code == 0, accepted.err
    assert "changed: llamactl knows another text" in accepted.err


def test_what_is_kept_back_is_not_had_by_its_reference(gated, tiny_gguf):
    reference = REFERENCE.replace("acme", "acme-nc")
    args = ("deploy", "kept-back", *LOCAL, "--gguf", tiny_gguf, "--accept-license", reference)

    result = gated(*args)

    assert result.code == 3
    assert "--override --reason" in result.err


def test_an_override_lets_in_the_one_model(gated, tiny_gguf):
    order = ("--override", "--reason", "research", "--accepted-by", "Jane")
    assert gated("license", "accept", f"kept-back@{WORDS[:8]}", *order).code == 0

    assert gated("deploy", "kept-back", *LOCAL, "--gguf", tiny_gguf).code == 0
    assert gated("deploy", "other", *LOCAL, "--gguf", tiny_gguf).code == 3


def test_a_broken_ledger_opens_no_door(gated, tiny_gguf):
    assert deploy(gated, tiny_gguf, "--accept-license", REFERENCE).code == 0
    path = gated.state / "licenses" / "records" / "00000001.json"
    path.write_bytes(path.read_bytes().replace(b"option", b"optiom"))

    result = deploy(gated, tiny_gguf, "--accept-license", REFERENCE)

    assert result.code == 3
    assert "00000001.json was edited" in result.err


def test_no_secret_of_the_environment_is_written(gated, tiny_gguf, monkeypatch):
    secrets = {
        "HF_TOKEN": "hf_secret0123456789",
        "AWS_SECRET_ACCESS_KEY": "secret/aws/0123456789",
        "GITHUB_TOKEN": "ghs_secret0123456789",
        "CI_JOB_TOKEN": "glcbt-secret0123456789",
        "LLAMACTL_META_URL": "https://download.example/x?Signature=secret0123456789",
    }
    for name, value in {**secrets, "GITHUB_RUN_ID": "4711"}.items():
        monkeypatch.setenv(name, value)

    result = deploy(gated, tiny_gguf, "--accept-license", REFERENCE)

    assert result.code == 0
    written = "".join(
        path.read_text("utf-8", errors="replace")
        for path in (gated.state / "licenses").rglob("*")
        if path.is_file()
    )
    exported = [
        gated("license", "export", "--format", each).out for each in ("json", "csv", "html")
    ]
    for secret in secrets.values():
        assert secret not in "".join([written, result.out, result.err, *exported])
    assert json.loads(exported[0])["records"][0]["act"]["ci"]["run_id"] == "4711"
