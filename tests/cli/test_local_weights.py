"""What a local deployment needs of this machine is said before it is started."""

import dataclasses

import pytest

from llamactl.pipeline.local_weights import check_memory
from llamactl_catalog.errors import NoCapacity
from llamactl_containers.gguf import read_header

TIB = 2**40


def test_a_model_that_fits_is_let_through(tiny_gguf):
    check_memory(read_header(tiny_gguf), 4096)


def test_a_model_that_does_not_fit_is_told_with_what_each_part_needs(tiny_gguf):
    header = dataclasses.replace(read_header(tiny_gguf), size_bytes=100 * TIB)

    with pytest.raises(NoCapacity, match=r"weights 100\.0 TiB, cache for 4096 tokens 2\.0 MiB"):
        check_memory(header, 4096)
