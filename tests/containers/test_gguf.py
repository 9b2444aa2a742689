"""Reading GGUF headers, and holding them against the catalog."""

import os
import struct
from datetime import date

import gguf
import pytest

from llamactl_catalog.errors import InvalidFile, NotFound
from llamactl_catalog.model import Architecture, ChatDefaults, License, Model
from llamactl_containers.gguf import _BLOCKS, check_matches, read_header
from tiny_llama import make_tiny_llama

LICENSE = License("apache-2.0", "Apache", "Apache-2.0", True, "allowed", False, None, (), "")
SHAPE = {
    "kind": "llama", "layers": 2, "hidden": 64, "heads": 4, "kv_heads": 4, "head_dim": 16,
    "intermediate": 128, "vocab": 259, "context_tokens": 4096, "tied_embeddings": False,
    "rope_theta": None,
}  # fmt: skip


def model(**shape):
    return Model(
        id="tiny", name="Tiny", family="tiny", variant="chat", parameters=1, weights_bytes=2,
        architecture=Architecture(**SHAPE | shape), license=LICENSE, earlier_licenses=(),
        gated=False, guardrails="none", prompt_format="chatml", chat_defaults=ChatDefaults(),
        sources=(), notes=(), source="", checked_on=date(2026, 11, 22),
    )  # fmt: skip


def test_a_header_says_the_shape(tiny_gguf):
    header = read_header(tiny_gguf)

    assert (header.architecture, header.layers, header.hidden) == ("llama", 2, 64)
    assert (header.heads, header.kv_heads, header.context_tokens) == (4, 4, 4096)
    assert header.size_bytes == tiny_gguf.stat().st_size


def test_the_cache_of_a_token_is_worked_by_hand(tiny_gguf):
    # K and V, 2 bytes each, 2 layers, 4 heads of 16.
    assert read_header(tiny_gguf).kv_bytes_per_token() == 2 * 2 * 2 * 4 * 16


def test_grouped_query_attention_needs_a_smaller_cache(tmp_path):
    path = make_tiny_llama(tmp_path / "gqa.gguf", kv_heads=2)

    assert read_header(path).kv_bytes_per_token() == 2 * 2 * 2 * 2 * 16


def test_the_block_sizes_are_those_of_ggml():
    published = {int(kind): size for kind, size in gguf.GGML_QUANT_SIZES.items()}

    assert {kind: size for kind, size in published.items() if kind in _BLOCKS} == _BLOCKS


def test_a_whole_file_needs_no_more_than_it_has(tiny_gguf):
    header = read_header(tiny_gguf)

    assert 0 <= header.size_bytes - header.needed_bytes < 32


@pytest.mark.parametrize("keep", [0, 3, 4, 20, 500, 20_000, -64])
def test_a_file_cut_anywhere_is_told(tiny_gguf, tmp_path, keep):
    cut = tmp_path / "cut.gguf"
    cut.write_bytes(tiny_gguf.read_bytes()[:keep])

    with pytest.raises(InvalidFile, match=r"is truncated|is not a GGUF file"):
        read_header(cut)


def test_another_kind_of_file_is_told(tmp_path):
    path = tmp_path / "model.safetensors"
    path.write_bytes(b"\x08\x00\x00\x00\x00\x00\x00\x00{}      ")

    with pytest.raises(InvalidFile, match="is not a GGUF file"):
        read_header(path)


def test_an_unknown_version_is_told(tmp_path):
    path = tmp_path / "new.gguf"
    path.write_bytes(b"GGUF" + struct.pack("<IQQ", 9, 0, 0))

    with pytest.raises(InvalidFile, match="GGUF version 9"):
        read_header(path)


def test_absurd_counts_are_taken_for_damage(tmp_path):
    path = tmp_path / "bad.gguf"
    path.write_bytes(b"GGUF" + struct.pack("<IQQ", 3, 2**60, 2**60))

    with pytest.raises(InvalidFile, match="damaged"):
        read_header(path)


def test_a_missing_file_is_not_found(tmp_path):
    with pytest.raises(NotFound, match=r"no file .*absent\.gguf"):
        read_header(tmp_path / "absent.gguf")


def test_the_right_file_matches(tiny_gguf):
    check_matches(read_header(tiny_gguf), model(), tiny_gguf)


def test_every_mismatch_is_told_at_once(tiny_gguf):
    other = model(kind="falcon", layers=32, kv_heads=1, context_tokens=2048)

    with pytest.raises(InvalidFile) as error:
        check_matches(read_header(tiny_gguf), other, tiny_gguf)

    assert error.value.problems == (
        "architecture is llama, tiny has falcon",
        "layers is 2, tiny has 32",
        "KV heads is 4, tiny has 1",
        "context is 4096, tiny has 2048",
    )


def test_mistral_is_converted_as_llama(tiny_gguf):
    check_matches(read_header(tiny_gguf), model(kind="mistral"), tiny_gguf)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="named pipes of POSIX")
def test_what_is_no_file_is_told_and_not_waited_for(tmp_path):
    pipe = tmp_path / "pipe.gguf"
    os.mkfifo(pipe)

    with pytest.raises(InvalidFile, match="is no regular file"):
        read_header(pipe)
    with pytest.raises(InvalidFile, match="is a folder"):
        read_header(tmp_path)


def test_a_path_that_leads_nowhere_is_not_found(tmp_path):
    (tmp_path / "file").touch()
    loop = tmp_path / "loop.gguf"
    loop.symlink_to(loop)

    for path in (loop, tmp_path / "file" / "below", tmp_path / ("x" * 300)):
        with pytest.raises(NotFound, match="no file"):
            read_header(path)
