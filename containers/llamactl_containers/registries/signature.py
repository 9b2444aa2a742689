"""Signatures of images as cosign has them: what is signed, and where in a registry it lies.

Source: sigstore/cosign, specs/SIGNATURE_SPEC.md: the simple signing payload, its media type and
annotation, and discovery by tag.
"""

import base64
import binascii
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Protocol

from llamactl_catalog.errors import InvalidFile, NoPermission, Unhealthy
from llamactl_containers.licensing.signing import load_signer
from llamactl_containers.registries.oci import OCI_MANIFEST, Manifest, Registry, digest_of
from llamactl_containers.registries.reference import Reference

KIND = "signature"
PAYLOAD_TYPE = "application/vnd.dev.cosign.simplesigning.v1+json"
ANNOTATION = "dev.cosignproject.cosign/signature"
_CONFIG_TYPE = "application/vnd.oci.image.config.v1+json"
_NO_TIME = "0001-01-01T00:00:00Z"
_P_256 = "secp256r1"
_COSIGN_KEYS = (b"ENCRYPTED SIGSTORE PRIVATE KEY", b"ENCRYPTED COSIGN PRIVATE KEY")
_MAKE_ONE = (
    "openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -aes256 -out image.key "
    "makes one"
)
_LONGEST_PAYLOAD_BYTES = 2**16


class ImageSigner(Protocol):
    """Who signs images; a `KeySigner` is one."""

    def sign(self, line: bytes) -> bytes:
        """Sign some bytes."""

    def is_own(self, line: bytes, signature: bytes) -> bool:
        """Tell whether a signature over these bytes was made with this key."""


def image_signer(path: Path, environment: Mapping[str, str]) -> ImageSigner:
    """Read a private key that signs images; a passphrase is in LLAMACTL_SIGN_KEY_PASSPHRASE.

    Raises:
        ProgramMissing: the extra `sign` is not installed.
        NotFound, NoPermission: the file cannot be read.
        InvalidFile: it holds no such key, or the passphrase is missing or wrong.
    """
    try:
        found = load_signer(path, environment)
    except InvalidFile as error:
        if any(each in path.read_bytes() for each in _COSIGN_KEYS):
            problem = "is encrypted as cosign alone does it"
            hint = f"cosign sign --key signs with it; {_MAKE_ONE}"
            raise InvalidFile(str(path), [problem], hint=hint) from error
        raise
    if found.curve not in {None, _P_256}:
        problem = f"is a key on {found.curve}; images are signed with P-256 or Ed25519"
        raise InvalidFile(str(path), [problem], hint=_MAKE_ONE)
    return found


def signature_tag(digest: str) -> str:
    """Give the tag that the signatures of an image are found by."""
    return f"{digest.replace(':', '-')}.sig"


def payload(name: str, digest: str) -> bytes:
    """Give what is signed: the image's digest, and the repository that it was pushed to."""
    document = {
        "critical": {
            "identity": {"docker-reference": name},
            "image": {"docker-manifest-digest": digest},
            "type": "cosign container image signature",
        },
        "optional": None,
    }
    return json.dumps(document, separators=(",", ":")).encode()


def have_signature(
    registry: Registry, target: Reference, digest: str, signer: ImageSigner, *, is_ours: bool
) -> str:
    """Sign an image in a registry, unless this key has signed it; give the signatures' digest.

    Other keys' signatures stay. An image that was not built here (`is_ours` False) is never signed:
    nothing here knows what it holds.

    Raises:
        NoPermission: it is not signed with this key, and was not built here.
        LlamactlError: the registry refuses, or what it has under the tag is no signature.
    """
    tag = signature_tag(digest)
    found = registry.manifest(target.repository, tag)
    layers = [] if found is None else _layers(found, target.name, tag)
    if found is not None and any(
        signer.is_own(*each) for each in _signed(registry, target, layers, digest)
    ):
        return found.digest
    if not is_ours:
        message = f"{target} was not built here, and this key has not signed it"
        hint = f"cosign sign --key KEY {target.name}@{digest}, if you trust who built it"
        raise NoPermission(message, hint=hint)
    content = payload(target.name, digest)
    layers.append(
        {
            "mediaType": PAYLOAD_TYPE,
            "digest": registry.put_content(target.repository, content),
            "size": len(content),
            "annotations": {ANNOTATION: base64.b64encode(signer.sign(content)).decode()},
        }
    )
    config = _config(layers)
    registry.put_content(target.repository, config)
    made = Manifest(OCI_MANIFEST, _manifest(config, layers))
    registry.put_manifest(target.repository, made, tag)
    return made.digest


def _signed(
    registry: Registry, target: Reference, layers: list[dict[str, Any]], digest: str
) -> Iterator[tuple[bytes, bytes]]:
    """Give the payloads for this very image, each with its signature."""
    for each in layers:
        text = (each.get("annotations") or {}).get(ANNOTATION)
        if each["mediaType"] != PAYLOAD_TYPE or not isinstance(text, str):
            continue
        if each["size"] > _LONGEST_PAYLOAD_BYTES:
            continue
        content = registry.blob(target.repository, each["digest"])
        try:
            image = json.loads(content)["critical"]["image"]["docker-manifest-digest"]
            signature = base64.b64decode(text, validate=True)
        except (ValueError, KeyError, TypeError, binascii.Error):
            continue
        if image == digest:
            yield content, signature


def _layers(found: Manifest, name: str, tag: str) -> list[dict[str, Any]]:
    try:
        layers: list[dict[str, Any]] = json.loads(found.content)["layers"]
        are_layers = all(
            isinstance(each["mediaType"], str)
            and isinstance(each["digest"], str)
            and isinstance(each["size"], int)
            for each in layers
        )
    except (ValueError, KeyError, TypeError):
        are_layers = False
    if not are_layers:
        raise Unhealthy(f"{name}:{tag} is no signature as cosign writes it", hint="remove that tag")
    return layers


def _config(layers: list[dict[str, Any]]) -> bytes:
    """Give a configuration like cosign's: registries take no image without one."""
    document = {
        "architecture": "",
        "config": {},
        "created": _NO_TIME,
        "history": [{"created": _NO_TIME} for _ in layers],
        "os": "",
        "rootfs": {"type": "layers", "diff_ids": [each["digest"] for each in layers]},
    }
    return json.dumps(document, separators=(",", ":")).encode()


def _manifest(config: bytes, layers: list[dict[str, Any]]) -> bytes:
    document = {
        "schemaVersion": 2,
        "mediaType": OCI_MANIFEST,
        "config": {"mediaType": _CONFIG_TYPE, "size": len(config), "digest": digest_of(config)},
        "layers": layers,
    }
    return json.dumps(document, separators=(",", ":")).encode()
