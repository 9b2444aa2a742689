"""The organization's policy file: what it says, and all that is wrong with one."""

import hashlib
from datetime import date

import pytest

from llamactl_catalog.catalog import load_catalog
from llamactl_catalog.errors import InvalidFile, NotFound
from llamactl_containers.licensing.policy import read_policy

LICENSES = load_catalog().licenses
TODAY = date(2026, 11, 22)
GOOD = """\
[[acceptance]]
license = "llama-2@0629d729"
accepted_by = "Jane Doe"
email = "jane@acme.example"
organization = "Acme GmbH"
authority = "General counsel of Acme GmbH, entitled to sign alone."
date = 2026-11-20
answers = { authority = "yes", monthly-users = "no", training-on-outputs = "no" }
"""


def read(tmp_path, text):
    path = tmp_path / "policy.toml"
    path.write_text(text, "utf-8")
    return read_policy(path, LICENSES, TODAY)


def problems(tmp_path, text):
    with pytest.raises(InvalidFile) as error:
        read(tmp_path, text)
    return error.value.problems


def test_a_decision_is_found_by_its_license(tmp_path):
    policy = read(tmp_path, GOOD)

    entry = policy.entry("llama-2")
    assert (entry.accepted_by, entry.organization) == ("Jane Doe", "Acme GmbH")
    assert policy.entry("llama-3") is None
    assert policy.sha256 == hashlib.sha256(GOOD.encode()).hexdigest()


def test_all_problems_are_told_at_once(tmp_path):
    text = (
        GOOD.replace("@0629d729", "").replace('"Jane Doe"', '""').replace("2026-11-20", '"soon"')
        + 'colour = "red"\n'
    )

    told = "\n".join(problems(tmp_path, text))

    for words in ("license", "accepted_by", "date", "colour: no such key"):
        assert f"acceptance[0].{words}" in told


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("llama-2@", "lama-2@", 'there is no license "lama-2"; did you mean llama-2'),
        ("@0629d729", "@0629d72", "expected a license and 8 or more digits"),
        ("2026-11-20", "2026-11-23", "still to come"),
        ('monthly-users = "no"', 'monthly-users = "yes"', "request a license from Meta first"),
        ('monthly-users = "no"', 'monthly-users = "maybe"', "expected one of yes, no"),
        ('monthly-users = "no", ', "", "monthly-users: is missing, expected yes or no"),
        ("monthly-users", "monthly-user", "asks no such question; did you mean monthly-users"),
        ('authority = "General', 'authority = ""\nnote = "General', "no such key"),
    ],
)
def test_a_problem_says_what_was_expected(tmp_path, old, new, problem):
    assert problem in "\n".join(problems(tmp_path, GOOD.replace(old, new)))


def test_one_license_is_decided_once(tmp_path):
    assert "llama-2 stands in acceptance[0] too" in problems(tmp_path, GOOD * 2)[0]


@pytest.mark.parametrize("text", ["", "acceptance = []", "[[acceptance]\n", "x = 1"])
def test_a_file_without_a_decision_is_told(tmp_path, text):
    assert problems(tmp_path, text)


def test_an_absent_file_names_the_option(tmp_path):
    with pytest.raises(NotFound) as error:
        read_policy(tmp_path / "absent.toml", LICENSES, TODAY)

    assert "--license-policy" in error.value.hint
