"""The tables of accelerators and instance types: worked rows, sources, and what must hold."""

import re
from datetime import UTC, date, datetime

import pytest

from llamactl_catalog.engines import TGI
from llamactl_catalog.errors import InvalidFile
from llamactl_catalog.hardware_tables import load_accelerators, load_instance_types
from llamactl_catalog.offers import load_hardware
from llamactl_catalog.sources import load_sources
from llamactl_catalog.tables import parse_table, positive, read_table, text, whole
from llamactl_catalog.units import GB, GIB, MIB

ACCELERATORS = load_accelerators()
HARDWARE = load_hardware()
BY_NAME = {each.name: each for each in HARDWARE}
SOURCES = load_sources()


def test_an_a10g_has_the_memory_that_the_driver_shows():
    a10g = ACCELERATORS["a10g"]

    assert a10g.memory_bytes == 23_028 * MIB  # not the 24 GiB of the data sheet
    assert a10g.bandwidth_bytes_per_s == 600e9
    assert a10g.fp16_flops == 70e12  # half of INT8's 140 TOPS; the A10 has 125e12
    assert a10g.compute_capability == (8, 6)
    assert a10g.link_bytes_per_s is None


def test_an_a100_of_a_big_machine_has_nvlink():
    a100 = ACCELERATORS["a100-sxm-40gb"]

    assert a100.memory_bytes == 40 * GIB
    assert a100.bandwidth_bytes_per_s == 1.555e12
    assert a100.link_bytes_per_s == 600e9


@pytest.mark.parametrize("each", ACCELERATORS.values(), ids=lambda each: each.id)
def test_no_accelerator_has_more_memory_or_speed_than_there_is(each):
    assert 15 * GIB <= each.memory_bytes <= 141 * GIB
    assert 0.3e12 <= each.bandwidth_bytes_per_s <= 4.8e12
    assert 65e12 <= each.fp16_flops <= 989e12


def test_g5_12xlarge_row_by_row():
    found = BY_NAME["ml.g5.12xlarge"]

    assert found.cloud == "aws"
    assert (found.accelerator, found.accelerators) == (ACCELERATORS["a10g"], 4)
    assert (found.vcpus, found.memory_bytes, found.disk_bytes) == (48, 192 * GIB, 3800 * GB)
    assert found.quota_name == "ml.g5.12xlarge for endpoint usage"
    assert found.quota_code == "L-65C4BD00"
    assert (found.quota_units, found.reserve) == (1, 0.0)
    assert found.unusable_because is None
    assert found.checked_on == date(2026, 1, 21)


def test_nc24ads_a100_row_by_row():
    found = BY_NAME["Standard_NC24ads_A100_v4"]

    assert found.cloud == "azure"
    assert (found.accelerator.id, found.accelerators) == ("a100-pcie-80gb", 1)
    assert (found.vcpus, found.memory_bytes) == (24, 220 * GIB)
    assert found.disk_bytes is None  # the sources disagree
    assert (found.quota_name, found.quota_code) == ("standardNCADSA100v4Family", None)
    assert (found.quota_units, found.reserve) == (24, 0.0)
    assert found.unusable_because is None


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("ml.p3.8xlarge", "V100.*7.0; tgi 3.3.5 has no kernels"),
        ("ml.g4dn.xlarge", "T4.*7.5; .* begin at 8.0"),
        ("ml.g7e.2xlarge", "Blackwell.*CUDA 12.8 or later.*12.4"),
        ("ml.inf2.24xlarge", "Inferentia2 runs no CUDA"),
        ("ml.trn1.32xlarge", "Trainium runs no CUDA"),
        ("Standard_NC24s_v3", "retired by Azure on 2025-09-30"),
        ("Standard_NV6ads_A10_v5", r"a sixth of an A10 \(4 GiB\)"),
        ("Standard_ND40rs_v2", "V100.*7.0; tgi 3.3.5 has no kernels"),
        ("Standard_NC64as_T4_v3", "T4"),
    ],
)
def test_what_cannot_serve_says_why(name, words):
    assert re.search(words, TGI.incompatible_because(BY_NAME[name]))


def test_the_table_itself_names_only_what_is_retired_or_has_a_share_of_a_gpu():
    reasons = {each.unusable_because for each in HARDWARE} - {None}

    assert all("retired" in each or "of an A10" in each for each in reasons)


def test_only_gpus_that_the_engine_has_kernels_for_are_usable():
    usable = {each.accelerator.id for each in HARDWARE if TGI.incompatible_because(each) is None}

    assert usable == {
        "a10", "a10g", "l4", "l40s", "a100-sxm-40gb", "a100-sxm-80gb", "a100-pcie-80gb",
        "h100-sxm-80gb", "h100-nvl-94gb", "h200-sxm-141gb",
    }  # fmt: skip
    assert all((8, 0) <= ACCELERATORS[each].compute_capability <= (9, 0) for each in usable)


def test_every_accelerator_is_in_some_machine():
    assert {each.accelerator.id for each in HARDWARE} == set(ACCELERATORS)


def test_an_endpoint_counts_instances_on_one_cloud_and_cores_on_the_other():
    for each in HARDWARE:
        assert each.quota_units == (1 if each.cloud == "aws" else each.vcpus), each.name


@pytest.mark.parametrize("each", [*ACCELERATORS.values(), *HARDWARE], ids=lambda each: each.name)
def test_every_row_has_sources_that_are_explained_and_a_date_that_has_been(each):
    assert set(each.source.split()) <= set(SOURCES)
    assert date(2020, 1, 1) < each.checked_on <= datetime.now(UTC).date()


def test_an_unknown_accelerator_names_the_close_one():
    fewer = {name: each for name, each in ACCELERATORS.items() if name != "l40s"}

    with pytest.raises(InvalidFile) as raised:
        load_instance_types(fewer)

    assert len(raised.value.problems) == 8
    assert raised.value.problems[0] == (
        'line 24: accelerator: is "l40s", '
        "expected an accelerator of accelerators.csv; did you mean l4?"
    )


def test_all_problems_of_a_table_are_told_at_once():
    lines = ["name,count,price", "a,1,2.5", ",0,nan", "b,x,-1", "c,1", "d,1,1e400"]

    rows, problems = parse_table(
        lines, {"name": text, "count": whole, "price": positive}, lambda **cells: cells
    )

    assert rows == [{"name": "a", "count": 1, "price": 2.5}]
    assert problems == [
        "line 3: name: is empty, expected text without blanks around it",
        'line 3: count: is "0", expected a whole number of at least 1',
        'line 3: price: is "nan", expected a number above 0',
        'line 4: count: is "x", expected a whole number of at least 1',
        'line 4: price: is "-1", expected a number above 0',
        "line 5: has 2 cells, expected 3: name, count, price",
        'line 6: price: is "1e400", expected a number above 0',
    ]


@pytest.mark.parametrize("lines", [[], ["price,name"]], ids=["empty", "other columns"])
def test_a_table_with_other_columns_is_refused(lines):
    rows, problems = parse_table(lines, {"name": text, "price": positive}, lambda **cells: cells)

    assert rows == []
    assert "expected the columns name, price" in problems[0]


def test_a_bundled_table_with_problems_names_its_file():
    with pytest.raises(InvalidFile, match=r"sources\.csv: 1 problem"):
        read_table("sources.csv", {"name": text}, lambda **cells: cells)
