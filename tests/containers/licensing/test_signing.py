"""Signatures: with keys of both kinds, and what shows that a record has none or a wrong one."""

import shutil
import subprocess

import pytest

from catalog.acceptances import LLAMA_2
from llamactl_catalog.errors import InvalidFile, NotFound
from llamactl_catalog.licensing.chain import record_name
from llamactl_containers.licensing.ledger import open_ledger
from llamactl_containers.licensing.signing import PASSPHRASE, load_signer, signature_check

pytest.importorskip("cryptography", reason="needs the extra 'sign'")
from cryptography.hazmat.primitives import serialization as form
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

KINDS = {
    "ed25519": ed25519.Ed25519PrivateKey.generate,
    "ecdsa": lambda: ec.generate_private_key(ec.SECP256R1()),
}
PRIVATE = {"pem": form.PrivateFormat.PKCS8, "openssh": form.PrivateFormat.OpenSSH}


def key_files(folder, kind, written_as, passphrase=None):
    """Write a new key and its public half; gives both paths."""
    key = KINDS[kind]()
    is_pem = written_as == "pem"
    cipher = form.BestAvailableEncryption(passphrase) if passphrase else form.NoEncryption()
    private = key.private_bytes(form.Encoding.PEM, PRIVATE[written_as], cipher)
    public = key.public_key().public_bytes(
        form.Encoding.PEM if is_pem else form.Encoding.OpenSSH,
        form.PublicFormat.SubjectPublicKeyInfo if is_pem else form.PublicFormat.OpenSSH,
    )
    paths = folder / f"{kind}-{written_as}", folder / f"{kind}-{written_as}.pub"
    paths[0].write_bytes(private)
    paths[1].write_bytes(public)
    return paths


@pytest.fixture
def keys(tmp_path):
    return key_files(tmp_path, "ed25519", "pem")


@pytest.fixture
def ledger(tmp_path):
    return open_ledger(str(tmp_path / "ledger"))


def problems(ledger, *public_keys):
    return [
        (each.number, each.what) for each in ledger.verify(signature_check(public_keys)).problems
    ]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("written_as", PRIVATE)
def test_a_signed_record_is_found_right(tmp_path, ledger, kind, written_as):
    private, public = key_files(tmp_path, kind, written_as)

    ledger.append(LLAMA_2, signer=load_signer(private))

    assert problems(ledger, public) == []


def test_a_record_without_a_signature_is_told(ledger, keys):
    ledger.append(LLAMA_2)

    assert problems(ledger, keys[1]) == [(1, "is not signed")]


def test_a_signature_of_another_key_is_told(tmp_path, ledger, keys):
    ledger.append(LLAMA_2, signer=load_signer(keys[0]))
    _, other = key_files(tmp_path, "ecdsa", "openssh")

    [(number, what)] = problems(ledger, other)

    assert number == 1
    assert what.startswith("is signed with another key, SHA256:")


def test_a_signature_that_was_removed_is_found_without_a_key(tmp_path, ledger, keys):
    ledger.append(LLAMA_2, signer=load_signer(keys[0]))
    path = tmp_path / "ledger" / "records" / record_name(1)
    line, seal, _ = path.read_bytes().split(b"\n")
    path.write_bytes(line + b"\n" + seal.partition(b',"signature"')[0] + b"}\n")

    [problem] = ledger.verify().problems

    assert problem.what == "was edited: it is not signed, but names a signer"


def test_a_signature_that_was_taken_from_another_record_is_found(tmp_path, ledger, keys):
    signer = load_signer(keys[0])
    for _ in range(2):
        ledger.append(LLAMA_2, signer=signer)
    first, second = ((tmp_path / "ledger" / "records" / record_name(number)) for number in (1, 2))
    signature = first.read_bytes().partition(b'"signature"')[2]
    second.write_bytes(
        second.read_bytes().partition(b'"signature"')[0] + b'"signature"' + signature
    )

    assert problems(ledger, keys[1]) == [(2, "has a signature that is not its own")]


def test_a_key_with_a_passphrase_takes_it_from_the_environment(tmp_path):
    private, _ = key_files(tmp_path, "ed25519", "pem", b"open sesame")

    with pytest.raises(InvalidFile) as error:
        load_signer(private, {})
    assert PASSPHRASE in error.value.hint
    assert load_signer(private, {PASSPHRASE: "open sesame"})


def test_the_fingerprint_is_the_one_that_ssh_keygen_shows(tmp_path):
    if shutil.which("ssh-keygen") is None:
        pytest.skip("needs ssh-keygen")
    private, public = key_files(tmp_path, "ed25519", "openssh")

    shown = subprocess.run(
        [shutil.which("ssh-keygen"), "-l", "-f", str(public)],
        capture_output=True,
        text=True,
        check=True,
    ).stdout

    assert load_signer(private).fingerprint in shown


def test_openssl_checks_a_signature_as_well(tmp_path, ledger, keys):
    import base64
    import json

    if shutil.which("openssl") is None:
        pytest.skip("needs openssl")
    ledger.append(LLAMA_2, signer=load_signer(keys[0]))
    line, seal, _ = (tmp_path / "ledger" / "records" / record_name(1)).read_bytes().split(b"\n")
    (tmp_path / "line").write_bytes(line)
    value = json.loads(seal)["signature"]["value"]
    (tmp_path / "signature").write_bytes(base64.b64decode(value))

    done = subprocess.run(
        [
            shutil.which("openssl"), "pkeyutl", "-verify", "-rawin", "-pubin",
            "-inkey", str(keys[1]), "-in", "line", "-sigfile", "signature",
        ],
        cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert done.returncode == 0, done.stderr


def test_what_is_no_such_key_is_told(tmp_path, keys):
    rsa_path = tmp_path / "rsa"
    key = rsa.generate_private_key(65537, 2048)
    rsa_path.write_bytes(
        key.private_bytes(form.Encoding.PEM, form.PrivateFormat.PKCS8, form.NoEncryption())
    )
    garbage = tmp_path / "garbage"
    garbage.write_text("no key")

    for path in (rsa_path, garbage):
        with pytest.raises(InvalidFile):
            load_signer(path)
    for path in (garbage, keys[0]):
        with pytest.raises(InvalidFile):
            signature_check([path])
    with pytest.raises(NotFound):
        load_signer(tmp_path / "absent")
