"""Signatures of records, with a key that the user has: Ed25519 or ECDSA, PEM or OpenSSH.

A record's first line is signed as it is, so that other tools can check it too:
`openssl pkeyutl -verify -rawin` for Ed25519, `openssl dgst -sha256 -verify` for ECDSA.
"""

import base64
import hashlib
import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from llamactl_catalog.errors import InvalidFile, NoPermission, NotFound, ProgramMissing
from llamactl_catalog.extras import extra_command
from llamactl_catalog.licensing.chain import CheckSignature

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ec import (
        EllipticCurvePrivateKey,
        EllipticCurvePublicKey,
    )
    from cryptography.hazmat.primitives.asymmetric.ed25519 import (
        Ed25519PrivateKey,
        Ed25519PublicKey,
    )

    PrivateKey = Ed25519PrivateKey | EllipticCurvePrivateKey
    PublicKey = Ed25519PublicKey | EllipticCurvePublicKey

PASSPHRASE = "LLAMACTL_SIGN_KEY_PASSPHRASE"  # noqa: S105 - the variable's name
_OPENSSH = b"-----BEGIN OPENSSH PRIVATE KEY-----"
_KINDS = "an Ed25519 or ECDSA key, as PEM or OpenSSH writes it"


class KeySigner:
    """Signs with a private key."""

    def __init__(self, key: "PrivateKey") -> None:
        self._key = key
        self._fingerprint = _fingerprint(key.public_key())

    @property
    def fingerprint(self) -> str:
        """Name the key, as `ssh-keygen -l` does."""
        return self._fingerprint

    @property
    def curve(self) -> str | None:
        """Name the curve of an ECDSA key; None: it is Ed25519."""
        from cryptography.hazmat.primitives.asymmetric import ec

        return self._key.curve.name if isinstance(self._key, ec.EllipticCurvePrivateKey) else None

    def is_own(self, line: bytes, signature: bytes) -> bool:
        """Tell whether a signature over these bytes was made with this key."""
        return _is_right(self._key.public_key(), line, signature)

    def sign(self, line: bytes) -> bytes:
        """Sign some bytes, such as a record's first line."""
        from cryptography.hazmat.primitives.asymmetric import ec
        from cryptography.hazmat.primitives.hashes import SHA256

        if isinstance(self._key, ec.EllipticCurvePrivateKey):
            return self._key.sign(line, ec.ECDSA(SHA256()))
        return self._key.sign(line)


def load_signer(path: Path, environment: Mapping[str, str] = os.environ) -> KeySigner:
    """Read a private key; its passphrase, if it has one, is in LLAMACTL_SIGN_KEY_PASSPHRASE.

    Raises:
        ProgramMissing: the extra `sign` is not installed.
        NotFound, NoPermission: the file cannot be read.
        InvalidFile: it holds no such key, or the passphrase is missing or wrong.
    """
    _require()
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519

    content = _content(path)
    is_openssh = content.lstrip().startswith(_OPENSSH)
    load = serialization.load_ssh_private_key if is_openssh else serialization.load_pem_private_key
    phrase = environment.get(PASSPHRASE)
    key = _loaded(path, lambda: load(content, None if phrase is None else phrase.encode()))
    if not isinstance(key, ed25519.Ed25519PrivateKey | ec.EllipticCurvePrivateKey):
        raise InvalidFile(str(path), [f"is not {_KINDS}"])
    return KeySigner(key)


def signature_check(paths: Sequence[Path]) -> CheckSignature:
    """Give what checks signatures with public keys.

    Raises:
        ProgramMissing: the extra `sign` is not installed.
        NotFound, NoPermission: a file cannot be read.
        InvalidFile: it holds no public key that this can use.
    """
    _require()
    keys = {_fingerprint(key): key for key in map(_public_key, paths)}

    def check(fingerprint: str, line: bytes, signature: bytes) -> str | None:
        key = keys.get(fingerprint)
        if key is None:
            return f"is signed with another key, {fingerprint}"
        return None if _is_right(key, line, signature) else "has a signature that is not its own"

    return check


def _is_right(key: "PublicKey", line: bytes, signature: bytes) -> bool:
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.hashes import SHA256

    try:
        if isinstance(key, ec.EllipticCurvePublicKey):
            key.verify(signature, line, ec.ECDSA(SHA256()))
        else:
            key.verify(signature, line)
    except InvalidSignature:
        return False
    return True


def _public_key(path: Path) -> "PublicKey":
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519

    content = _content(path)
    is_pem = content.lstrip().startswith(b"-----BEGIN")
    load: Callable[[bytes], object] = (
        serialization.load_pem_public_key if is_pem else serialization.load_ssh_public_key
    )
    key = _loaded(path, lambda: load(content))
    if not isinstance(key, ed25519.Ed25519PublicKey | ec.EllipticCurvePublicKey):
        raise InvalidFile(str(path), [f"is not the public half of {_KINDS}"])
    return key


def _loaded(path: Path, load: Callable[[], object]) -> object:
    from cryptography.exceptions import UnsupportedAlgorithm

    try:
        return load()
    except TypeError as error:  # a passphrase that is missing, or given where there is none
        hint = f"its passphrase goes into {PASSPHRASE}"
        raise InvalidFile(str(path), [str(error)], hint=hint) from error
    except (ValueError, UnsupportedAlgorithm) as error:
        hint = f"name {_KINDS}"
        raise InvalidFile(str(path), ["is no key that can be read"], hint=hint) from error


def _fingerprint(key: "PublicKey") -> str:
    from cryptography.hazmat.primitives import serialization

    text = key.public_bytes(serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH)
    blob = base64.b64decode(text.split()[1])
    return "SHA256:" + base64.b64encode(hashlib.sha256(blob).digest()).decode().rstrip("=")


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError as error:
        raise NotFound(f"no key at {path}") from error
    except OSError as error:
        raise NoPermission(f"{path} cannot be read: {error.strerror}") from error


def _require() -> None:
    from importlib.util import find_spec

    if find_spec("cryptography") is None:
        hint = extra_command("sign")
        raise ProgramMissing("signatures need the extra 'sign'", hint=hint)
