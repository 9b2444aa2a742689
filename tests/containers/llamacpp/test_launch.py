"""The launch file, and the threads that it is given."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llamactl_catalog.errors import InvalidFile
from llamactl_containers.llamacpp.launch import LaunchSettings, default_threads

SETTINGS = LaunchSettings(
    instance_id="i",
    model_id="m",
    model_path="/models/with space/ü.gguf",
    prompt_format="llama-2",
    threads=1,
    threads_batch=2,
    api_key="secret-key",
)


def test_reads_what_it_wrote():
    assert LaunchSettings.from_json(SETTINGS.to_json()) == SETTINGS


def test_the_key_is_not_shown():
    assert "secret-key" not in repr(SETTINGS)


def test_all_problems_of_a_file_are_told_at_once():
    text = json.dumps({"model_id": "m", "colour": "red"})

    with pytest.raises(InvalidFile) as raised:
        LaunchSettings.from_json(text)

    assert raised.value.problems[0] == "colour: no such setting"
    assert "model_path: is missing" in raised.value.problems
    assert not any("port" in problem for problem in raised.value.problems)


@pytest.mark.parametrize("text", ["", "{", "[]", "3"])
def test_a_file_that_is_no_object_is_refused(text):
    with pytest.raises(InvalidFile):
        LaunchSettings.from_json(text)


@pytest.mark.parametrize(("cores", "threads"), [(1, (1, 1)), (2, (1, 2)), (8, (7, 8))])
def test_one_core_is_left_free_for_others(cores, threads):
    assert default_threads(cores) == threads


@given(st.integers(1, 512))
def test_threads_are_never_more_than_cores(cores):
    threads, batch = default_threads(cores)

    assert 1 <= threads <= batch <= cores
