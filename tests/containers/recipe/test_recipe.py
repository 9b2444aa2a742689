"""The context of an image: whole Dockerfiles, labels, texts, and the tag that they make."""

import json
import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from containers.recipe.recipe_goldens import DIGEST, GOLDEN, WEIGHTS, dockerfiles, recipe
from llamactl_catalog.errors import InvalidInput
from llamactl_containers.recipe.context import BaseImage, write_context
from llamactl_containers.recipe.recipe import base_image, build_context
from llamactl_containers.recipe.tag import context_sha256, image_tag

PINNED = BaseImage("registry.example/tgi", "3.3.6", DIGEST)


def texts_of_labels(dockerfile):
    """The labels as a Dockerfile's reader has them."""
    block = dockerfile.split("\nLABEL ")[1].split("\nENV ")[0]
    pairs = re.findall(r'([a-z0-9.-]+)=("(?:[^"\\]|\\.)*")', block)
    return {name: json.loads(text.replace("\\$", "$")) for name, text in pairs}


@pytest.mark.parametrize("name", dockerfiles())
def test_a_dockerfile_is_the_golden_one(name):
    assert dockerfiles()[name] == (GOLDEN / name).read_text("utf-8")


def test_no_dockerfile_runs_anything_in_the_build():
    for text in dockerfiles().values():
        assert not re.search(r"^(RUN|ADD)\b", text, re.MULTILINE)


def test_the_labels_are_those_of_the_dockerfile():
    context = build_context(recipe(revision="abc"))

    assert texts_of_labels(context.dockerfile) == dict(context.labels)


def test_an_image_with_weights_is_under_both_licenses():
    empty, full = recipe(), recipe(weights=WEIGHTS, acceptance="acc-1")

    assert build_context(empty).labels["org.opencontainers.image.licenses"] == "Apache-2.0"
    assert build_context(full).labels["org.opencontainers.image.licenses"] == (
        f"Apache-2.0 AND {full.terms.spdx}"
    )
    assert build_context(full).labels["llamactl.acceptance"] == "acc-1"
    assert build_context(full).labels["llamactl.weights"] == "/opt/llamactl/model"


def test_the_texts_of_the_license_are_inside():
    files = {"LICENSE": b"terms", "USE_POLICY.md": b"policy", "NOTICE": b"notice"}
    context = build_context(recipe(license_files=files, revision="abc"))

    assert {name: context.content(f"licenses/{name}") for name in files} == files
    told = context.content("licenses/TERMS.txt").decode()
    assert "Llama 2" in told
    assert "is not in this image" in told
    assert "Revision: abc" in told


def test_an_image_runs_as_root_only_where_there_is_a_reason():
    assert recipe("azureml", "tgi@2.2.0").root_because is None
    assert recipe("sagemaker", "tgi@2.2.0").root_because == "SageMaker asks for it"
    assert "/root" in recipe("azureml", "tgi@3.3.6").root_because


def test_the_context_is_written_with_the_same_modes_everywhere(tmp_path):
    context = build_context(recipe(license_files={"LICENSE": b"terms"}))

    write_context(context, tmp_path)

    found = sorted(each for each in tmp_path.rglob("*") if each.is_file())
    assert [each.relative_to(tmp_path).as_posix() for each in found] == [
        each.path for each in context.files
    ]
    assert {each.stat().st_mode & 0o777 for each in found} == {0o644}
    assert (tmp_path / "entrypoint.sh").read_bytes().startswith(b"#!/bin/sh\n")


def test_the_same_inputs_have_the_same_tag():
    first, second = (build_context(recipe(base=PINNED)) for _ in range(2))

    assert image_tag(first) == image_tag(second)
    assert re.fullmatch(r"tgi-3\.3\.6-sagemaker-[0-9a-f]{16}", image_tag(first))


@pytest.mark.parametrize(
    "changes",
    [
        {"base": replace(PINNED, digest="sha256:" + "4" * 64)},
        {"revision": "abc"},
        {"license_files": {"LICENSE": b"other terms"}},
        {"license_files": {}},
        {"acceptance": "acc-1"},
        {"weights": WEIGHTS},
        {"weights": replace(WEIGHTS, files=(replace(WEIGHTS.files[0], sha256="c" * 64),))},
    ],
    ids=str,
)
def test_other_inputs_have_another_tag(changes):
    before = recipe(base=PINNED, license_files={"LICENSE": b"terms"})
    after = replace(before, **changes)

    assert context_sha256(build_context(before)) != context_sha256(build_context(after))


def test_which_copy_of_a_license_was_within_reach_changes_no_tag():
    one = recipe(base=PINNED, license_files={"LICENSE": b"You may not\nuse it.\n"})
    other = replace(one, license_files={"LICENSE": b"\xef\xbb\xbfYou may  not use\r\nit."})

    assert image_tag(build_context(one)) == image_tag(build_context(other))


def test_texts_that_are_left_out_are_told_in_the_image():
    left_out, complete = recipe(), recipe(license_files={"LICENSE": b"terms"})

    sentence = b"The texts of its license are left out of this image."
    assert sentence in build_context(left_out).content("licenses/TERMS.txt")
    assert sentence not in build_context(complete).content("licenses/TERMS.txt")


def test_where_the_weights_lie_on_this_machine_changes_no_tag(tmp_path):
    here = recipe(base=PINNED, weights=WEIGHTS)
    there = replace(here, weights=replace(WEIGHTS, folder=tmp_path))

    assert image_tag(build_context(here)) == image_tag(build_context(there))


def test_an_image_whose_base_is_not_known_by_digest_has_no_tag():
    with pytest.raises(ValueError, match="has no digest yet"):
        image_tag(build_context(recipe()))


@pytest.mark.parametrize(
    ("text", "base"),
    [
        ("r.example/a/b:1.0", BaseImage("r.example/a/b", "1.0")),
        (f"r.example:5000/a@{DIGEST}", BaseImage("r.example:5000/a", None, DIGEST)),
        (f"r.example/a:1@{DIGEST}", BaseImage("r.example/a", "1", DIGEST)),
    ],
)
def test_a_base_is_read(text, base):
    assert base_image(text) == base
    assert base.reference == (f"{base.repository}@{DIGEST}" if "@" in text else text)


@pytest.mark.parametrize("text", ["", "r.example/a", "R.example/A:1 ", "a:b:c", "a@sha256:12"])
def test_what_is_no_base_is_told(text):
    with pytest.raises(InvalidInput):
        base_image(text)


@given(st.text(st.characters(codec="utf-8", exclude_characters="\n\r"), max_size=30))
def test_no_text_of_a_label_changes_the_dockerfile(text):
    made = build_context(recipe(revision=f"a{text}"))

    assert made.dockerfile.count("\n") == build_context(recipe(revision="a")).dockerfile.count("\n")
    assert texts_of_labels(made.dockerfile)["llamactl.revision"] == f"a{text}"
