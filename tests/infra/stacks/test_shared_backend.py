"""A backend that others use: no secret that one machine alone could read."""

import pytest

pytest.importorskip("pulumi", reason="needs the extra 'aws' or 'azure'")
from llamactl_catalog.progress import silent
from llamactl_infra.stacks.place import secrets_problem, shared_backend, stack_place

S3 = "s3://states?region=us-east-1"


def place(tmp_path, **environment):
    environment.setdefault("HOME", str(tmp_path / "home"))
    return stack_place(tmp_path / "state", tmp_path / "cwd", environment, silent)


def test_a_shared_backend_gets_no_passphrase_of_this_machine(tmp_path):
    found = place(tmp_path, PULUMI_BACKEND_URL=S3)

    assert found.environment == {}
    assert not (tmp_path / "state" / "pulumi" / "passphrase").exists()


def test_one_that_it_was_given_before_is_still_given(tmp_path):
    own = place(tmp_path).environment["PULUMI_CONFIG_PASSPHRASE_FILE"]

    found = place(tmp_path, PULUMI_BACKEND_URL=S3)

    assert found.environment == {"PULUMI_CONFIG_PASSPHRASE_FILE": own}


def test_a_folder_that_pulumi_is_logged_in_to_is_of_this_machine(tmp_path):
    found = place(tmp_path, PULUMI_BACKEND_URL="file:///stacks")

    assert "PULUMI_CONFIG_PASSPHRASE_FILE" in found.environment
    assert shared_backend({"PULUMI_BACKEND_URL": "file:///stacks"}, tmp_path) is None


@pytest.mark.parametrize(
    ("environment", "url"),
    [
        ({"PULUMI_BACKEND_URL": S3}, S3),
        ({"PULUMI_ACCESS_TOKEN": "pul-1"}, "https://api.pulumi.com"),
        ({"PULUMI_HOME": "here"}, "azblob://states"),
        ({}, "gs://states"),
    ],
)
def test_a_shared_backend_is_found_where_pulumi_finds_it(tmp_path, monkeypatch, environment, url):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "here").mkdir()
    (tmp_path / "here" / "credentials.json").write_text('{"current": "azblob://states"}')
    if not environment:
        text = "name: llamactl\nruntime: python\nbackend:\n  url: gs://states\n"
        (tmp_path / "Pulumi.yaml").write_text(text)

    assert shared_backend({"HOME": str(tmp_path), **environment}, tmp_path) == url


def test_it_asks_for_a_provider_of_secrets(tmp_path):
    error = secrets_problem(S3, {}, tmp_path, "chat")

    assert S3 in error.message
    assert error.exit_code == 10
    assert all(each in error.hint for each in ("awskms://", "azurekeyvault://", "PASSPHRASE"))


@pytest.mark.parametrize(
    "environment",
    [
        {"LLAMACTL_SECRETS_PROVIDER": "awskms://alias/x"},
        {"PULUMI_CONFIG_PASSPHRASE": ""},
        {"PULUMI_CONFIG_PASSPHRASE_FILE": "/team/passphrase"},
    ],
)
def test_one_that_the_user_names_is_enough(tmp_path, environment):
    assert secrets_problem(S3, environment, tmp_path, "chat") is None


def test_pulumi_cloud_keeps_secrets_itself(tmp_path):
    assert secrets_problem("https://api.pulumi.com", {}, tmp_path, "chat") is None


def test_settings_of_the_stack_that_name_one_are_enough(tmp_path):
    (tmp_path / "Pulumi.chat.yaml").write_text("secretsprovider: awskms://alias/x\n")

    assert secrets_problem(S3, {}, tmp_path, "chat") is None
