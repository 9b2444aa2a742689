"""`llamactl license list` and `show`: pages, JSON, and texts in a pipe and in a pager."""

import json
import os
import sys
from pathlib import Path

import pytest

from llamactl.license_page import license_page
from llamactl.main import run
from llamactl.model_page import COLUMNS
from llamactl_catalog.catalog import load_catalog
from standins.text_places import TextPlaces

GOLDEN = Path(__file__).parent / "golden"
CATALOG = load_catalog()
REVISION = "ab" * 20
OVERLAY = """
[licenses.acme]
name = "Acme Terms"
spdx = "LicenseRef-acme"
commercial_use = true
hosting = "allowed"
acceptance_required = true
source = "our legal department"

[[licenses.acme.texts]]
kind = "license"
file_name = "LICENSE"
places = [{{ kind = "web", url = "{url}" }}]
normalized_sha256 = "{words}"
"""
ALTERED = "0" * 64


@pytest.fixture
def llamactl(tmp_path, capfdbinary):
    """Run a command with folders of its own: exit code, stdout, stderr."""

    def command(*args, overlay=None):
        folders = [f"--state-dir={tmp_path / 'state'}", f"--cache-dir={tmp_path / 'cache'}"]
        if overlay is not None:
            path = tmp_path / "acme.toml"
            path.write_text(overlay, "utf-8")
            folders.append(f"--catalog-overlay={path}")
        code = run([*folders, "license", *args])
        captured = capfdbinary.readouterr()
        return code, captured.out.decode(), captured.err.decode()

    return command


@pytest.fixture
def places():
    with TextPlaces() as server:
        yield server


def test_the_list_is_as_reviewed(llamactl):
    assert llamactl("list") == (0, (GOLDEN / "license_list.txt").read_text("utf-8"), "")


@pytest.mark.parametrize("name", ["llama-2", "falcon-180b"])
def test_the_page_of_a_license_is_as_reviewed(llamactl, name):
    golden = GOLDEN / f"license_show_{name.replace('-', '_')}.txt"

    assert llamactl("show", name) == (0, golden.read_text("utf-8"), "")


@pytest.mark.parametrize("terms", CATALOG.licenses, ids=lambda each: each.id)
def test_a_page_fits_80_columns_but_for_addresses(terms):
    lines = license_page(terms, None, [], {}).splitlines()

    assert [line for line in lines if len(line) > COLUMNS and "https://" not in line] == []


def test_the_list_as_json_has_every_license(llamactl):
    _, out, _ = llamactl("list", "--json")

    records = {each["id"]: each for each in json.loads(out)}
    assert [*records] == [each.id for each in CATALOG.licenses]
    assert records["llama-2"]["reference"] == "llama-2@0629d729"
    assert records["llama-2"]["effective_on"] == "2023-07-18"
    assert records["falcon-180b"]["reference"] is None


def test_a_model_shows_the_questions_that_it_is_asked(llamactl):
    _, out, _ = llamactl("show", "llama-3.2-1b", "--json")

    record = json.loads(out)
    assert (record["id"], record["model"]) == ("llama-3.2", "llama-3.2-1b")
    assert [each["id"] for each in record["conditions"]] == ["authority", "monthly-users"]
    assert record["texts"][0]["read"] is None


def test_a_text_goes_byte_for_byte_into_a_pipe_and_the_verdict_to_stderr(llamactl, places):
    url = places.give("/terms", b"Our terms:\r\n  be good.\n")
    overlay = OVERLAY.format(url=url, words=ALTERED)

    code, out, err = llamactl("show", "acme", "--text", overlay=overlay)

    assert (code, out) == (0, "Our terms:\r\n  be good.\n")
    assert "CHANGED" in err
    assert ALTERED in err


def test_the_page_tells_a_changed_text_once_it_was_read(llamactl, places):
    url = places.give("/terms", b"Our terms")
    overlay = OVERLAY.format(url=url, words=ALTERED)
    llamactl("show", "acme", "--text", overlay=overlay)

    _, out, _ = llamactl("show", "acme", overlay=overlay)

    assert "LICENSE: CHANGED" in out


def test_json_has_the_text_and_the_verdict_where_it_is_asked_for(llamactl, places):
    url = places.give("/terms", b"Our terms")
    overlay = OVERLAY.format(url=url, words=ALTERED)

    _, out, err = llamactl("show", "acme", "--text", "--json", overlay=overlay)

    text = json.loads(out)["texts"][0]
    assert text["text"] == "Our terms"
    assert text["read"]["verdict"] == "changed"
    assert err == ""


def test_what_there_is_not_is_not_found(llamactl):
    code, out, err = llamactl("show", "llama2")

    assert (code, out) == (12, "")
    assert "no model or license 'llama2'" in err
    assert "did you mean llama-2 or " in err


def test_a_license_without_a_use_policy_says_so(llamactl):
    code, _, err = llamactl("show", "apache-2.0", "--policy")

    assert code == 12
    assert "apache-2.0 has no use policy of its own" in err


def test_a_model_that_is_not_for_business_says_that_it_is_refused(llamactl):
    _, out, _ = llamactl("show", "mpt-7b-chat")

    words = " ".join(out.split())
    assert "REFUSED unless an override with a reason is on record" in words
    assert 'llamactl license accept mpt-7b-chat --override --reason "…"' in words


@pytest.mark.skipif(os.name == "nt", reason="needs a POSIX terminal")
def test_on_a_terminal_the_text_is_in_the_pager_without_what_a_terminal_acts_on(tmp_path, places):
    import pexpect

    url = places.give("/terms", "Our \x1b[31mterms\x1b[0m\u202e".encode())
    overlay = tmp_path / "acme.toml"
    overlay.write_text(OVERLAY.format(url=url, words=ALTERED), "utf-8")
    options = [f"--state-dir={tmp_path}", f"--cache-dir={tmp_path}", f"--catalog-overlay={overlay}"]
    program = "from llamactl.door import main; main()"
    arguments = ["-c", program, *options, "license", "show", "acme", "--text"]
    environment = {**os.environ, "PAGER": "sed s/^/paged:/", "TERM": "xterm"}

    terminal = pexpect.spawn(
        sys.executable, arguments, env=environment, encoding="utf-8", timeout=30
    )
    terminal.expect("paged:Our (.*)\r\n")

    assert terminal.match[1] == "[31mterms[0m"
    terminal.expect(pexpect.EOF)
    terminal.close()
    assert terminal.exitstatus == 0
