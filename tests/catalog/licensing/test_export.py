"""The ledger for others: programs, spreadsheets, auditors."""

import csv
import io
import json
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from catalog.acceptances import LLAMA_2, ledger_of
from llamactl_catalog.licensing.acceptance import Person
from llamactl_catalog.licensing.auditor_page import auditor_page
from llamactl_catalog.licensing.chain import record_name, verify
from llamactl_catalog.licensing.export import as_csv, as_json

NOW = "2026-11-22T12:00:00+00:00"
NASTY = "<script>alert('&')</script>"


def verified(*acceptances):
    files, head = ledger_of(acceptances)
    return verify(files.items(), head)


def by(name):
    return replace(LLAMA_2, person=Person(name, "stated", organization=name))


def test_json_holds_every_record_whole():
    found = verified(LLAMA_2, by("Joe"))

    content = json.loads(as_json("here", found, NOW))

    assert content["whole"]
    assert [each["person"]["name"] for each in content["records"]] == ["Jane Doe", "Joe"]
    assert content["records"][0]["acceptance_id"] == found.records[0].id


def test_csv_has_a_line_a_record():
    [row] = csv.DictReader(io.StringIO(as_csv(verified(LLAMA_2).records)))

    assert (row["license"], row["accepted_by"], row["method"]) == ("llama-2", "Jane Doe", "command")
    assert row["answers"] == "authority=yes; monthly-users=no; training-on-outputs=no"


@pytest.mark.parametrize("name", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"])
def test_no_cell_is_a_formula(name):
    [row] = csv.DictReader(io.StringIO(as_csv(verified(by(name)).records), newline=""))

    assert row["accepted_by"] == f"'{name}"


class Tags(HTMLParser):
    """Collects what a page is made of, and checks that it is well nested."""

    VOID = frozenset({"meta"})

    def __init__(self):
        super().__init__()
        self.open, self.seen, self.attributes = [], [], []

    def handle_starttag(self, tag, attrs):
        self.seen.append(tag)
        self.attributes += attrs
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def test_the_page_is_whole_and_asks_nothing_of_the_network():
    tags = Tags()

    page = auditor_page("here", verified(LLAMA_2), NOW, {})
    tags.feed(page)

    assert tags.open == []
    assert not {"script", "link", "img", "iframe"} & set(tags.seen)
    assert [value for name, value in tags.attributes if name in {"src", "href"}] == ["#r1"]
    assert "<strong>The ledger is whole.</strong>" in page


def test_what_somebody_typed_is_no_markup():
    page = auditor_page(NASTY, verified(by(NASTY)), NOW, {})

    assert "<script" not in page
    assert "&lt;script&gt;" in page


def test_a_broken_ledger_is_told_at_the_top():
    files, head = ledger_of([LLAMA_2, LLAMA_2])
    found = verify([(record_name(2), files[record_name(2)])], head)

    page = auditor_page("here", found, NOW, {})

    assert "The ledger is broken" in page
    assert "<code>00000001.json</code> is missing" in page
