from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from llamactl_catalog.errors import InvalidFile
from llamactl_infra.local.layout import Folder
from llamactl_infra.local.processes import ProcessIdentity
from llamactl_infra.local.records import (
    NewerFormat,
    Record,
    Runtime,
    read_instance_id,
    read_record,
    read_runtime,
    write_record,
    write_runtime,
)
from llamactl_infra.spec import Spec

NOW = datetime(2026, 11, 22, 12, 0, 30, tzinfo=UTC)


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path)


@pytest.fixture
def record(spec: Spec) -> Record:
    return Record(spec, NOW, "abc", ("python", "-m", "engine"), 5.0)


def test_a_record_is_read_as_it_was_written(folder, record):
    record = replace(record, spec=replace(record.spec, api_key="secret", port=8000))

    write_record(folder, record)

    assert read_record(folder) == record
    assert read_instance_id(folder) == "abc"


def test_a_secret_is_in_no_repr(record):
    record = replace(record, spec=replace(record.spec, api_key="secret"))

    assert "secret" not in repr(record)


def test_a_runtime_is_read_as_it_was_written(folder):
    runtime = Runtime(
        instance_id="abc",
        phase="failed",
        changed_at=NOW,
        supervisor=ProcessIdentity(10, 1.5),
        engines=(ProcessIdentity(11, 2.25), ProcessIdentity(12, 2.5)),
        port=8000,
        failure="out-of-memory",
        message="no memory",
        exit_code=-9,
    )

    write_runtime(folder, runtime)

    assert read_runtime(folder) == runtime


def test_what_was_never_written_is_none(folder):
    assert read_record(folder) is None
    assert read_runtime(folder) is None


def test_a_record_under_removal_still_says_which_deployment_it_was(folder, record):
    write_record(folder, record)
    folder.record.rename(folder.removed)

    assert read_record(folder) == record
    with pytest.raises(FileNotFoundError):
        read_instance_id(folder)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "{}",
        '{"format": 1}',
        '{"format": "x"}',
        '{"format": 1, "spec": {"name": "x"}}',
    ],
)
def test_a_corrupt_record_is_told_with_its_path_and_what_to_do(folder, text):
    folder.record.write_text(text)

    with pytest.raises(InvalidFile, match=r"deployment\.json") as caught:
        read_record(folder)

    assert "llamactl destroy" in caught.value.hint


def test_a_corrupt_runtime_is_told(folder):
    folder.runtime.write_text('{"format": 1, "phase": "dancing"}')

    with pytest.raises(InvalidFile, match=r"runtime\.json"):
        read_runtime(folder)


def test_a_record_of_a_newer_version_is_told(folder):
    folder.record.write_text('{"format": 2}')

    with pytest.raises(NewerFormat, match="newer llamactl") as caught:
        read_record(folder)

    assert caught.value.hint == "upgrade llamactl"


def test_an_unreadable_record_does_not_end_a_server(folder):
    folder.record.write_text("{")

    assert read_instance_id(folder) is None
