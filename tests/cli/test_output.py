"""Streams that are closed, full or narrow, and tables that must fit."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from llamactl.output import print_json, print_table, table_columns

COMMAND = f"{sys.executable} -c 'from llamactl.door import main; main()'"

posix = pytest.mark.skipif(sys.platform == "win32", reason="a shell of POSIX")


def shell(text, **environment):
    return subprocess.run(  # noqa: S602 - redirections are the point
        text, shell=True, capture_output=True, text=True, check=False, env=environment or None
    )


@posix
@pytest.mark.parametrize(
    ("redirection", "code"), [(">&-", 0), ("2>&-", 0), ("<&-", 0), (">&- 2>&- <&-", 0)]
)
def test_a_closed_stream_makes_no_command_fail(redirection, code):
    result = shell(f"{COMMAND} models {redirection}")

    assert (result.returncode, result.stderr) == (code, "")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a device of Linux")
def test_an_output_that_is_full_is_one_error():
    result = shell(f"{COMMAND} models >/dev/full")

    assert result.returncode == 5
    assert result.stderr.splitlines() == [
        "error: no space left to write the output",
        " hint: free some disk space, then try again",
    ]


def test_json_is_valid_in_an_encoding_that_lacks_its_characters():
    code = "from llamactl.output import print_json; print_json({'text': 'é ☃ \\ufffd'})"

    result = subprocess.run(
        [sys.executable, "-X", "utf8=0", "-c", code],
        env={"PYTHONIOENCODING": "latin-1"},
        capture_output=True,
        check=True,
    )

    assert json.loads(result.stdout) == {"text": "é ☃ \ufffd"}


def test_json_shows_characters_as_they_are_where_it_can(capsys):
    print_json({"text": "é"})

    assert '"é"' in capsys.readouterr().out


def test_a_tables_width_is_the_one_it_is_printed_with(capsys):
    columns, rows = ["name", "age"], [["short", "1 s"], ["quite a bit longer", "20 s"]]

    print_table(columns, rows)

    longest = max(map(len, capsys.readouterr().out.splitlines()))
    assert table_columns(columns, rows) == longest


def test_the_list_fits_eighty_columns_with_the_longest_name(llamactl, tiny_gguf):
    name = "n" * 40
    llamactl("deploy", "tiny", "--cloud", "local", "--gguf", tiny_gguf, "--name", name)

    listed = llamactl("list")

    assert max(map(len, listed.out.splitlines())) <= 80
    assert name in listed.out
    assert "llamactl endpoint NAME" in listed.err
