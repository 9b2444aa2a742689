"""The versions of engines: worked rows, what is refused, what must hold of every row."""

import re
from datetime import UTC, datetime

import pytest

from llamactl_catalog.engine_versions import engine_lines, engine_version, written
from llamactl_catalog.errors import InvalidInput, LicenseRefused
from llamactl_catalog.ready_images import ready_images

VERSIONS = [each for line in engine_lines().values() for each in line.versions.values()]
TODAY = datetime.now(tz=UTC).date()


def named(version):
    return f"{version.engine}@{version.version}"


def test_tgi_3_3_6_row_by_row():
    found = engine_version("tgi@3.3.6")

    assert found.image == "ghcr.io/huggingface/text-generation-inference:3.3.6"
    assert (found.cuda, found.license) == ((12, 4), "Apache-2.0")
    assert found.capabilities == ((8, 0), (8, 6), (9, 0))
    assert found.stop_setting == "GRACEFUL_TERMINATION_TIMEOUT"
    assert "/root" in found.root_because
    assert "shards-counted-as-one" in {each.id for each in found.bugs}


def test_a_bug_ends_with_the_version_that_repaired_it():
    bugs = {each.id for each in engine_version("tgi@3.3.7").bugs}

    assert "shards-counted-as-one" not in bugs
    assert "logs-its-api-key" in bugs


def test_the_time_to_stop_can_be_set_since_3_2_3():
    assert engine_version("tgi@3.2.0").stop_setting is None
    assert "stops-after-90-s" in {each.id for each in engine_version("tgi@3.2.0").bugs}
    assert engine_version("tgi@3.2.3").stop_setting is not None


@pytest.mark.parametrize("version", ["1.0.0", "1.0.3", "1.1", "1.4.5"])
def test_a_version_whose_license_forbids_paid_hosting_is_refused(version):
    with pytest.raises(LicenseRefused, match="forbids paid hosting") as caught:
        engine_version(f"tgi@{version}")

    assert "3.3.6" in caught.value.hint


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("tgi@0.9.3", "tgi 0.9.3 is older than the settings that llamactl knows"),
        ("tgi@4.0.0", "tgi 4.0.0 is not on record"),
        ("tgi@latest", "'latest' is no version"),
        ("tgi@", "'' is no version"),
        ("vlm", "no engine 'vlm' comes as an image; did you mean vllm?"),
    ],
)
def test_what_is_not_there_is_told(text, words):
    with pytest.raises(InvalidInput, match=re.escape(words)):
        engine_version(text)


def test_a_name_alone_is_the_version_that_is_deployed():
    for name, line in engine_lines().items():
        assert engine_version(name) is line.versions[line.default]


@pytest.mark.parametrize("version", VERSIONS, ids=named)
def test_every_row_is_whole(version):
    assert re.fullmatch(r"\d+\.\d+\.\d+", version.version)
    assert version.tag.removeprefix("v") == version.version
    assert version.digest is None or re.fullmatch(r"sha256:[0-9a-f]{64}", version.digest)
    assert version.checked_on <= TODAY
    assert version.released_on is None or version.released_on < version.checked_on
    assert [*version.capabilities] == sorted(version.capabilities)
    assert engine_lines()[version.engine].refused_range(version.version) is None
    assert version.source


def test_versions_are_in_their_order():
    for line in engine_lines().values():
        order = [tuple(map(int, each.split("."))) for each in line.versions]
        assert order == sorted(order)


def test_every_ready_image_is_of_a_version_on_record_with_the_same_cuda():
    for each in ready_images():
        assert engine_version(f"{each.engine}@{each.version}").cuda == each.cuda
        assert f"cu{written(each.cuda).replace('.', '')}" in each.tag
