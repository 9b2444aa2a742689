"""Signatures as cosign has them, in a real registry: checked by openssl, and by the raw bytes."""

import base64
import json
import re
import shutil
import subprocess

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.hashes import SHA256

from containers.registries.conftest import make_image
from llamactl_catalog.errors import InvalidFile, NoPermission, Unhealthy
from llamactl_catalog.progress import silent
from llamactl_containers.registries.oci import Manifest
from llamactl_containers.registries.pushing import push_image
from llamactl_containers.registries.reference import Reference
from llamactl_containers.registries.signature import (
    ANNOTATION,
    PAYLOAD_TYPE,
    have_signature,
    image_signer,
    signature_tag,
)

TAG = "tgi-3.3.6-sagemaker-0123456789abcdef"


@pytest.fixture
def target(anybodys, request) -> Reference:
    name = re.sub(r"[^a-z0-9]+", "-", request.node.name.lower()).strip("-")
    return Reference(anybodys.host, f"signed/{name}", TAG)


def write_key(path, key, passphrase=None):
    encryption = (
        serialization.NoEncryption()
        if passphrase is None
        else serialization.BestAvailableEncryption(passphrase)
    )
    path.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, encryption)
    )
    return path


@pytest.fixture(params=["p-256", "ed25519"])
def key(request):
    if request.param == "p-256":
        return ec.generate_private_key(ec.SECP256R1())
    return ed25519.Ed25519PrivateKey.generate()


@pytest.fixture
def signer(key, tmp_path):
    return image_signer(write_key(tmp_path / "image.key", key), {})


@pytest.fixture
def pushed(client, target, image, store, signer):
    """The image, pushed and signed."""
    return push_image(client, target, image, store, [], silent, signer)


def signed(client, target, digest):
    """What is under the tag that cosign looks for: payloads with their signatures."""
    manifest = client.manifest(target.repository, f"{digest.replace(':', '-')}.sig")
    assert manifest is not None
    document = json.loads(manifest.content)
    assert {each["mediaType"] for each in document["layers"]} == {PAYLOAD_TYPE}
    return [
        (
            client.blob(target.repository, each["digest"]),
            base64.b64decode(each["annotations"][ANNOTATION]),
        )
        for each in document["layers"]
    ]


def verify(key, payload, signature):
    public = key.public_key()
    if isinstance(key, ec.EllipticCurvePrivateKey):
        public.verify(signature, payload, ec.ECDSA(SHA256()))
    else:
        public.verify(signature, payload)


def test_the_bytes_of_the_payload_are_signed_and_name_the_image(client, target, image, key, pushed):
    ((payload, signature),) = signed(client, target, image.digest)
    verify(key, payload, signature)
    assert json.loads(payload) == {
        "critical": {
            "identity": {"docker-reference": target.name},
            "image": {"docker-manifest-digest": image.digest},
            "type": "cosign container image signature",
        },
        "optional": None,
    }
    tag = client.digest(target.repository, signature_tag(image.digest))
    assert pushed.attached == (("signature", tag),)


def test_openssl_finds_the_signature_right(client, target, image, store, tmp_path):
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("openssl is not on PATH")
    key = ec.generate_private_key(ec.SECP256R1())
    signer = image_signer(write_key(tmp_path / "image.key", key), {})
    push_image(client, target, image, store, [], silent, signer)
    ((payload, signature),) = signed(client, target, image.digest)
    (tmp_path / "payload").write_bytes(payload)
    (tmp_path / "signature").write_bytes(signature)
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    public = key.public_key().public_bytes(serialization.Encoding.PEM, form)
    (tmp_path / "image.pub").write_bytes(public)

    command = [openssl, "dgst", "-sha256", "-verify", "image.pub", "-signature", "signature"]
    done = subprocess.run([*command, "payload"], cwd=tmp_path, capture_output=True, check=False)

    assert (done.returncode, done.stdout) == (0, b"Verified OK\n")


def test_skopeo_copies_a_signature_like_any_image(target, image, pushed, tmp_path):
    skopeo = shutil.which("skopeo")
    if skopeo is None:
        pytest.skip("skopeo is not on PATH")

    source = f"docker://{target.name}:{signature_tag(image.digest)}"
    command = [skopeo, "copy", "--src-tls-verify=false", source, f"dir:{tmp_path / 'copy'}"]

    subprocess.run(command, check=True, capture_output=True)


def test_the_same_key_signs_once_and_another_key_beside_it(client, target, image, store, tmp_path):
    keys = [ec.generate_private_key(ec.SECP256R1()) for _ in range(2)]
    signers = [
        image_signer(write_key(tmp_path / f"{number}.key", each), {})
        for number, each in enumerate(keys)
    ]

    first, again, other = (
        push_image(client, target, image, store, [], silent, signers[number])
        for number in (0, 0, 1)
    )

    assert first.attached == again.attached != other.attached
    one, two = signed(client, target, image.digest)
    verify(keys[0], *one)
    verify(keys[1], *two)


def test_what_was_built_elsewhere_is_not_signed(client, target, image, store, signer):
    push_image(client, target, image, store, [], silent)
    other = make_image(store)

    with pytest.raises(NoPermission, match="was not built here") as caught:
        push_image(client, target, other, store, [], silent, signer)

    assert f"cosign sign --key KEY {target.name}@{image.digest}" in caught.value.hint
    assert client.manifest(target.repository, signature_tag(image.digest)) is None


def test_what_this_key_has_signed_is_taken_from_wherever_it_was_built(
    client, target, image, store, signer
):
    push_image(client, target, image, store, [], silent, signer)

    pushed = push_image(client, target, make_image(store), store, [], silent, signer)

    assert (pushed.digest, pushed.was_there) == (image.digest, True)


def test_a_signature_of_another_image_counts_for_nothing(client, target, image, store, signer):
    other = make_image(store)
    push_image(client, target, other, store, [], silent, signer)
    moved = client.manifest(target.repository, signature_tag(other.digest))
    client.put_manifest(target.repository, moved, signature_tag(image.digest))

    with pytest.raises(NoPermission):
        have_signature(client, target, image.digest, signer, is_ours=False)


def test_what_is_no_signature_under_that_tag_is_told_and_stays(
    client, target, image, store, signer
):
    push_image(client, target, image, store, [], silent)
    index = (
        b'{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[]}'
    )
    odd = Manifest("application/vnd.oci.image.index.v1+json", index)
    client.put_manifest(target.repository, odd, signature_tag(image.digest))

    with pytest.raises(Unhealthy, match="is no signature as cosign writes it"):
        have_signature(client, target, image.digest, signer, is_ours=True)


def test_a_passphrase_comes_from_the_environment(tmp_path):
    key = write_key(tmp_path / "image.key", ed25519.Ed25519PrivateKey.generate(), b"secret")

    assert image_signer(key, {"LLAMACTL_SIGN_KEY_PASSPHRASE": "secret"})
    with pytest.raises(InvalidFile) as caught:
        image_signer(key, {"LLAMACTL_SIGN_KEY_PASSPHRASE": "wrong"})
    assert "secret" not in f"{caught.value.message}{caught.value.hint}"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"-----BEGIN ENCRYPTED SIGSTORE PRIVATE KEY-----\nAAAA\n", "as cosign alone does it"),
        (b"no key", "no key that can be read"),
    ],
)
def test_what_is_no_key_for_images_is_told_with_a_way_to_one(tmp_path, content, words):
    (tmp_path / "image.key").write_bytes(content)

    with pytest.raises(InvalidFile, match=words):
        image_signer(tmp_path / "image.key", {})


def test_a_key_on_another_curve_is_refused(tmp_path):
    key = write_key(tmp_path / "image.key", ec.generate_private_key(ec.SECP384R1()))

    with pytest.raises(InvalidFile, match="secp384r1; images are signed with P-256 or Ed25519"):
        image_signer(key, {})
