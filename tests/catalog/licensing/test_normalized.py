"""The hash of a license's words: of the real texts, and of what must and must not change it."""

import hashlib
import textwrap
from importlib.metadata import distribution

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llamactl_catalog.catalog import load_catalog
from llamactl_catalog.licensing.normalized import normalized, normalized_sha256
from llamactl_catalog.model import PackagedText

LICENSES = load_catalog().licenses
PACKAGED = {
    terms.id: place.path
    for terms in LICENSES
    for text in terms.texts
    for place in text.places
    if isinstance(place, PackagedText)
}
WORDS = st.lists(st.text("abcdefghijklmnopqrstuvwxyz.,", min_size=1, max_size=12), min_size=1)


def real_text(path):
    """Give the text of ScanCode's file, which begins with a header between lines of dashes."""
    whole = distribution("licensedcode-data").locate_file(path).read_text("utf-8")
    return whole.split("---\n", 2)[2]


def test_the_words_of_llama_2s_real_license_have_the_hash_that_metas_own_copies_have():
    # meta-llama/llama 689c7f2 and meta-llama/llama-models a9c89c4, both read 2026-11-22.
    expected = "0629d729646c986b61242c9c85350f534185a2014f50eba35ef081fb06de0984"

    assert normalized_sha256(real_text(PACKAGED["llama-2"])) == expected


@pytest.mark.parametrize("license_id", PACKAGED)
def test_the_catalog_has_the_hash_of_the_real_text(license_id):
    terms = next(each for each in LICENSES if each.id == license_id)

    text = terms.text("license")
    assert text is not None
    assert text.normalized_sha256 == normalized_sha256(real_text(PACKAGED[license_id]))


def test_the_real_text_broken_elsewhere_has_the_same_words():
    text = real_text(PACKAGED["llama-2"])

    one_line = normalized(text)
    narrow = "\r\n".join(textwrap.wrap(one_line, 40, break_long_words=False))
    assert narrow != text
    assert normalized_sha256(narrow) == normalized_sha256(text)
    assert normalized_sha256(one_line) == normalized_sha256(text)


def test_a_word_left_out_is_another_text():
    text = real_text(PACKAGED["llama-2"])

    assert "non-exclusive" in text
    assert normalized_sha256(text.replace("non-exclusive", "exclusive", 1)) != normalized_sha256(
        text
    )


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("models-and-\nlibraries", "models-and-libraries"),
        ("models-and- \r\n  libraries", "models-and-libraries"),
        ("a\tb\n\n  c \n", "a b c"),
        ("\ufeffa", "a"),
        ("a - b", "a - b"),
        ("", ""),
    ],
)
def test_worked_examples(text, words):
    assert normalized(text) == words
    assert normalized_sha256(text) == hashlib.sha256(words.encode()).hexdigest()


@given(WORDS, st.data())
def test_white_space_between_the_words_changes_nothing(words, data):
    gaps = data.draw(
        st.lists(
            st.sampled_from([" ", "\n", "\r\n", "\t", "  \n\n"]),
            min_size=len(words),
            max_size=len(words),
        )
    )
    spread = "".join(word + gap for word, gap in zip(words, gaps, strict=True))

    assert normalized_sha256(spread) == normalized_sha256(" ".join(words))


@given(st.text())
def test_what_is_normalized_stays_as_it_is(text):
    once = normalized(text)

    assert normalized(once) == once
