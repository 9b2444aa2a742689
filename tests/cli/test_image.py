"""`llamactl image build|push|list|show` with buildah and a real registry."""

import json
import shutil
import subprocess

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519

from cli.image_room import BASE

MODEL = "smollm2-135m-instruct"


@pytest.fixture
def image(llamactl, image_room):
    """`image build` for a small model on the base, with options more."""
    registry = image_room

    def build(*options: str, platform: str = "sagemaker"):
        return llamactl(
            *("image", "build", MODEL, "--for", platform, "--tool", "buildah"),
            *("--base", f"{registry.host}/{BASE}", *options),
        )

    return build


def test_a_build_prints_the_image_by_its_digest_and_list_has_it(image, llamactl):
    built = image()

    (listed,) = json.loads(llamactl("image", "list", "--json").out)
    assert built.code == 0, built.err
    assert built.out == f"llamactl/{MODEL}:{listed['tag']}@{listed['digest']}\n"
    assert listed["tool"] == "buildah"
    assert listed["base"].startswith(listed["base_name"].rpartition(":")[0] + "@sha256:")


def test_the_same_inputs_are_not_built_again(image):
    first = image()

    second = image()

    assert second.out == first.out
    assert "was built already" in second.err


def test_for_another_platform_it_is_another_image(image, llamactl):
    image()
    image(platform="azureml")

    listed = json.loads(llamactl("image", "list", "--json").out)
    assert len({each["digest"] for each in listed}) == 2


def test_build_with_a_registry_pushes_and_says_the_address_to_deploy(image, registry):
    built = image("--registry", f"{registry.host}/one")

    name, _, digest = built.out.strip().partition("@")
    assert built.code == 0, built.err
    assert name == f"{registry.host}/one/llamactl/{MODEL}"
    tags = registry.tags(f"one/llamactl/{MODEL}")
    assert len([each for each in tags if each.startswith("tgi-")]) == 1
    assert digest.startswith("sha256:")


def test_what_the_registry_has_is_not_built_on_another_machine(image, registry, llamactl, tmp_path):
    built = image("--registry", f"{registry.host}/two")
    shutil.rmtree(llamactl.state / "images")

    again = image("--registry", f"{registry.host}/two")

    (listed,) = json.loads(llamactl("image", "list", "--json").out)
    assert again.out == built.out
    assert "is there already" in again.err
    assert (listed["tool"], listed["size_bytes"]) == ("registry", None)


def test_push_gives_the_registry_labels_digest_and_documents(image, registry, llamactl):
    image()
    (record,) = json.loads(llamactl("image", "list", "--json").out)

    pushed = llamactl("image", "push", record["tag"], "--registry", f"{registry.host}/three")

    skopeo = shutil.which("skopeo")
    if skopeo is None:
        pytest.skip("skopeo is not on PATH")
    name = f"{registry.host}/three/llamactl/{MODEL}"
    command = [skopeo, "inspect", "--tls-verify=false", f"docker://{name}:{record['tag']}"]
    seen = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)
    (after,) = json.loads(llamactl("image", "list", "--json").out)
    assert pushed.out == f"{name}@{record['digest']}\n"
    assert seen["Digest"] == record["digest"]
    assert seen["Architecture"] == "amd64"
    assert seen["Labels"]["llamactl.model"] == MODEL
    assert set(after["pushed"][0]["attached"]) == {"sbom", "provenance"}


def test_show_has_what_it_was_made_from_and_where_it_is(image, registry, llamactl):
    image("--registry", f"{registry.host}/four")

    shown = llamactl("image", "show", "tgi-")

    assert shown.code == 0
    assert "layers      here" in shown.out
    assert f"pushed      {registry.host}/four/llamactl/{MODEL}:tgi-" in shown.out
    assert "label       llamactl.platform=sagemaker" in shown.out


def test_a_push_of_layers_that_are_gone_says_to_build_again(image, registry, llamactl, tmp_path):
    image()
    shutil.rmtree(tmp_path / "cache" / "images")

    pushed = llamactl("image", "push", "tgi-", "--registry", registry.host)

    assert pushed.code == 12
    assert "llamactl image build makes it again" in pushed.err


def write_key(path):
    private = ed25519.Ed25519PrivateKey.generate()
    content = private.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    path.write_bytes(content)


@pytest.fixture
def key(tmp_path):
    write_key(tmp_path / "image.key")
    return tmp_path / "image.key"


def test_what_is_built_is_signed_and_on_another_machine_the_signature_is_seen(
    image, registry, llamactl, key
):
    place = ("--registry", f"{registry.host}/signed", "--sign-key", key)
    built = image(*place)
    shutil.rmtree(llamactl.state / "images")

    again = image(*place)

    (tag,) = [each for each in registry.tags(f"signed/llamactl/{MODEL}") if each.endswith(".sig")]
    (record,) = json.loads(llamactl("image", "list", "--json").out)
    assert built.code == 0, built.err
    assert again.out == built.out
    assert tag == f"{record['digest'].replace(':', '-')}.sig"
    assert set(record["pushed"][0]["attached"]) == {"signature"}
    assert "signature: sha256:" in llamactl("image", "show", "tgi-").out


def test_what_was_pushed_without_a_signature_gets_one_from_who_built_it_alone(
    image, registry, llamactl, key
):
    place = ("--registry", f"{registry.host}/later")
    image(*place)
    later = image(*place, "--sign-key", key)
    shutil.rmtree(llamactl.state / "images")
    write_key(key)

    elsewhere = image(*place, "--sign-key", key)

    assert later.code == 0, later.err
    assert elsewhere.code == 10
    assert "was not built here, and this key has not signed it" in elsewhere.err


def test_a_key_without_a_registry_or_that_is_none_stops_before_the_build(image, llamactl, key):
    without = image("--sign-key", key)
    key.write_text("no key")
    no_key = image("--registry", "127.0.0.1:9", "--sign-key", key)

    assert (without.code, no_key.code) == (2, 2)
    assert "name it with --registry" in without.err
    assert "no key that can be read" in no_key.err
    assert llamactl("image", "list").out == ""


def test_push_signs_too(image, registry, llamactl, key):
    image()

    pushed = llamactl(
        "image", "push", "tgi-", "--registry", f"{registry.host}/five", "--sign-key", key
    )

    assert pushed.code == 0, pushed.err
    tags = registry.tags(f"five/llamactl/{MODEL}")
    assert len([each for each in tags if each.endswith(".sig")]) == 1


def test_a_base_that_is_not_there_is_not_found(image, registry):
    built = image("--base", f"{registry.host}/engines/none:1")

    assert built.code == 12
    assert "there is no image" in built.err


def test_remote_needs_a_cloud_that_builds(image, registry):
    without = image("--remote")
    with_tool = image("--remote", "--registry", registry.host)

    assert (without.code, with_tool.code) == (2, 2)


def test_a_registry_that_is_not_there_is_one_error_and_the_image_stays(image, llamactl):
    image()

    pushed = llamactl("image", "push", "tgi-", "--registry", "127.0.0.1:9")

    assert pushed.code == 8
    assert pushed.err.count("error:") == 1
    assert len(json.loads(llamactl("image", "list", "--json").out)) == 1


def test_no_name_is_no_beginning_of_an_image(image, llamactl):
    image()

    shown, pushed = (
        llamactl("image", "show", ""),
        llamactl("image", "push", "", "--registry", "x.y"),
    )

    assert (shown.code, pushed.code) == (12, 12)
    assert "no image is named" in shown.err


def test_without_images_list_says_how_to_make_one(llamactl):
    listed = llamactl("image", "list")

    assert (listed.code, listed.out) == (0, "")
    assert "llamactl image build" in listed.err
