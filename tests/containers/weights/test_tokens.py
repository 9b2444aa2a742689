"""Where the Hub's token is found, in which order, and that it does not show."""

import sys

import pytest

from llamactl_catalog.errors import InvalidInput
from llamactl_containers.weights.tokens import HubToken, find_token

KEYRING = """
class errors:
    class KeyringError(Exception):
        pass

def get_password(service, name):
    if (service, name) == ("llamactl", "huggingface"):
        {answer}
"""


@pytest.fixture
def home(tmp_path):
    """An environment whose token file holds a token."""
    (tmp_path / "token").write_text("of-the-file\n")
    return {"HF_HOME": str(tmp_path)}


@pytest.fixture
def keyring(tmp_path, monkeypatch):
    """Install a keyring that answers so."""

    def install(answer):
        (tmp_path / "keyring.py").write_text(KEYRING.format(answer=answer))
        monkeypatch.delitem(sys.modules, "keyring", raising=False)
        monkeypatch.syspath_prepend(tmp_path)

    yield install
    sys.modules.pop("keyring", None)


def test_the_environment_comes_first(home):
    token = find_token({"HF_TOKEN": "first", "HUGGING_FACE_HUB_TOKEN": "second", **home})

    assert token == HubToken("environment variable HF_TOKEN", "first")


def test_the_older_variable_comes_next(home):
    token = find_token({"HF_TOKEN": " ", "HUGGING_FACE_HUB_TOKEN": "second", **home})

    assert token == HubToken("environment variable HUGGING_FACE_HUB_TOKEN", "second")


def test_then_the_hubs_own_file(home, tmp_path):
    assert find_token(home) == HubToken(f"token file {tmp_path / 'token'}", "of-the-file")


def test_the_file_may_be_named(home, tmp_path):
    (tmp_path / "other").write_text("of-another")

    token = find_token({**home, "HF_TOKEN_PATH": str(tmp_path / "other")})

    assert token is not None
    assert token.value == "of-another"


def test_then_the_keyring(keyring, tmp_path):
    keyring("return 'of-the-keyring'")

    token = find_token({"HF_HOME": str(tmp_path / "none")})

    assert token == HubToken("system keyring", "of-the-keyring")


def test_a_keyring_that_stays_locked_is_as_none(keyring, tmp_path):
    keyring("raise errors.KeyringError")

    assert find_token({"HF_HOME": str(tmp_path / "none")}) is None


@pytest.mark.parametrize("text", ["two words", "hf_one\nhf_two", "hf_\u20ac", "hf_\x1b[2J"])
def test_what_cannot_be_sent_is_refused_without_repeating_it(tmp_path, text):
    with pytest.raises(
        InvalidInput, match="environment variable HF_TOKEN holds is no token"
    ) as why:
        find_token({"HF_TOKEN": text})

    assert text not in f"{why.value} {why.value.hint} {why.value.__cause__!r}"


def test_a_file_that_is_no_text_is_told(home, tmp_path):
    (tmp_path / "token").write_bytes(b"\xff\xfeh\x00f\x00")

    with pytest.raises(InvalidInput, match=r"token file .*token holds is no token"):
        find_token(home)


def test_a_mark_at_the_start_of_the_file_is_not_of_the_token(home, tmp_path):
    (tmp_path / "token").write_text("hf_word\n", "utf-8-sig")

    assert find_token(home) == HubToken(f"token file {tmp_path / 'token'}", "hf_word")


def test_no_token_is_no_error(tmp_path):
    assert find_token({"HF_HOME": str(tmp_path)}) is None


def test_the_value_shows_nowhere():
    token = HubToken("environment variable HF_TOKEN", "hf_secret")

    assert "secret" not in f"{token!r} {token}"
