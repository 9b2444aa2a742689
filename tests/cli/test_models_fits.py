"""`llamactl models --fits GPU`: what runs on GPUs that one has in mind."""

import json
from itertools import pairwise

import pytest
from click.testing import CliRunner

from llamactl.app import App
from llamactl.commands.models import command
from llamactl_catalog.errors import InvalidInput


def ids(tmp_path, gpus):
    app = App(state_dir=tmp_path / "state", cache_dir=tmp_path / "cache")
    result = CliRunner().invoke(command, ["--fits", gpus, "--json"], obj=app)
    if result.exception is not None:
        raise result.exception
    return {each["id"] for each in json.loads(result.stdout)}


@pytest.mark.parametrize(
    ("gpus", "fits", "does_not"),
    [
        ("A10G:1", "llama-2-7b", "llama-2-13b"),
        ("a10g", "llama-3.1-8b-instruct", "codellama-34b"),
        ("A10G:2", "llama-2-13b", "codellama-34b"),
        ("A10G:4", "codellama-34b", "llama-2-70b"),
        ("A10G:8", "llama-2-70b", "falcon-180b"),
        ("A100-PCIe-80GB:2", "llama-2-70b", "falcon-180b"),
        ("H200:8", "llama-3.1-405b", None),
    ],
)
def test_what_runs_on_so_many_gpus_in_16_bit(gpus, fits, does_not, tmp_path):
    found = ids(tmp_path, gpus)

    assert fits in found
    assert does_not not in found


def test_more_gpus_never_run_less(tmp_path):
    sizes = [ids(tmp_path, f"L4:{count}") for count in (1, 2, 4, 8)]

    assert all(few <= more for few, more in pairwise(sizes))


@pytest.mark.parametrize(
    ("gpus", "message", "hint"),
    [
        ("A11G", "there is no 'A11G'", "a10g"),
        ("A10G:0", "'0' is no number of GPUs", "A10G:4"),
        ("A10G:many", "'many' is no number", "A10G:4"),
        ("A10G:", "'' is no number", "A10G:4"),
        (f"A10G:{'9' * 5000}", "'99999999999999999999' is no number", "A10G:4"),
        ("A100", "more than one GPU", "a100-sxm-40gb"),
        ("V100-16GB", "tgi 3.3.5 has no kernels", "another GPU"),
    ],
)
def test_gpus_that_there_are_not(gpus, message, hint, tmp_path):
    with pytest.raises(InvalidInput) as raised:
        ids(tmp_path, gpus)

    assert message in raised.value.message
    assert hint in (raised.value.hint or "")
