"""`llamactl weights`, as a user runs it: against a Hub, Meta's server and S3 on this machine."""

import hashlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
from dataclasses import dataclass

import pytest

from cli.conftest import TINY
from llamactl_catalog.extras import extra_command
from standins.file_server import Trouble
from standins.hub import REPO, REVISION, SIGNATURE, TOKEN, UNGRANTED, HubStandIn
from standins.meta import SIGNATURE as META_SIGNATURE
from standins.meta import MetaStandIn, llama_2_files
from standins.noise import noise

LARGE = "model.safetensors"
FILES = {"config.json": b"{}", "tokenizer.json": b"{}", LARGE: noise(1, 1_200_000)}
TERMS = b"Whoever stages this agrees to be kind.\n"
TERMS_SHA256 = hashlib.sha256(TERMS.strip()).hexdigest()
KIND = TINY[: TINY.index("[[sources]]")].replace("apache-2.0", "kindness")
MODEL = f"""\
{KIND.replace("gated = false", "gated = true")}\
[[sources]]
kind = "huggingface"
repo = "{REPO}"
revision = "{REVISION}"

[[sources]]
kind = "meta"
name = "llama-2-7b-kind"
shards = 1
"""
LICENSE = f"""\
name = "Kindness License"
spdx = "LicenseRef-kindness"
commercial_use = true
hosting = "allowed"
acceptance_required = true
source = "made by the tests"
notice = "Kind 7B is kindly licensed."

[[texts]]
kind = "license"
file_name = "LICENSE"
places = [{{ kind = "file", path = "TERMS.txt" }}]
normalized_sha256 = "{TERMS_SHA256}"
"""
ACCEPT = f"--accept-license=kindness@{TERMS_SHA256[:8]}"


@dataclass(frozen=True)
class Done:
    code: int
    out: str
    err: str


@dataclass
class User:
    """Someone with a catalog overlay and an environment, who runs the real command."""

    folder: object
    environment: dict

    def command(self, *arguments):
        options = [f"--{name}={self.folder / name}" for name in ("state-dir", "cache-dir")]
        overlay = f"--catalog-overlay={self.folder / 'overlay'}"
        door = ["-c", "from llamactl.door import main; main()"]
        return [sys.executable, *door, *options, overlay, *map(str, arguments)]

    def start(self, *arguments):
        return subprocess.Popen(
            self.command(*arguments),
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def __call__(self, *arguments):
        with self.start("weights", *arguments) as process:
            out, err = process.communicate(timeout=60)
        return Done(process.returncode, out, err)


@pytest.fixture
def hub():
    with HubStandIn(FILES) as server:
        yield server


@pytest.fixture
def user(tmp_path, hub):
    overlay = tmp_path / "overlay"
    for name in ("models", "licenses"):
        (overlay / name).mkdir(parents=True)
    (overlay / "models" / "kind-7b.toml").write_text(MODEL)
    (overlay / "licenses" / "kindness.toml").write_text(LICENSE)
    (overlay / "TERMS.txt").write_bytes(TERMS)
    kept = {name: value for name, value in os.environ.items() if not name.startswith("HF_")}
    own = {"HF_ENDPOINT": hub.url, "HF_TOKEN": TOKEN, "HF_HOME": str(tmp_path / "hf")}
    return User(tmp_path, {**kept, **own})


def test_probe_says_granted_and_whose_token_was_asked_with(user):
    done = user("probe", "kind-7b")

    assert (done.code, done.out) == (0, f"{REPO} at {REVISION[:8]}: granted\n")
    assert "environment variable HF_TOKEN" in done.err
    assert TOKEN not in done.out + done.err


def test_probe_without_access_ends_with_code_6_and_still_gives_json(user):
    user.environment["HF_TOKEN"] = UNGRANTED

    done = user("probe", "kind-7b", "--json")

    record = json.loads(done.out)
    assert (done.code, record["granted"], record["state"]) == (6, False, "not-granted")
    assert record["account"] == "bob"
    assert UNGRANTED not in done.out + done.err


def test_nothing_is_asked_of_the_hub_without_an_accepted_license(user, hub, tmp_path):
    done = user("fetch", "kind-7b", "--to", tmp_path / "out")

    assert done.code == 3
    assert "llamactl license accept" in done.err
    assert hub.asked == []
    assert not (tmp_path / "out").exists()


def test_fetch_and_verify_a_folder(user, tmp_path):
    fetched = user("fetch", "kind-7b", "--to", tmp_path / "out", ACCEPT)
    verified = user("verify", tmp_path / "out")

    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text())
    assert (fetched.code, fetched.out) == (0, f"{tmp_path / 'out'}\n")
    assert (verified.code, verified.out.count("digests are right")) == (0, 1)
    assert (tmp_path / "out" / "LICENSE").read_bytes() == TERMS
    assert (tmp_path / "out" / "NOTICE").read_text() == "Kind 7B is kindly licensed.\n"
    assert len(manifest["license_acceptance"]) == 16


def test_verify_names_each_bad_file_and_ends_with_code_8(user, tmp_path):
    user("fetch", "kind-7b", "--to", tmp_path / "out", ACCEPT)
    (tmp_path / "out" / LARGE).write_bytes(b"short")
    (tmp_path / "out" / "config.json").unlink()

    done = user("verify", tmp_path / "out", "--json")

    assert done.code == 8
    assert {each["path"] for each in json.loads(done.out)["problems"]} == {LARGE, "config.json"}
    assert f"{LARGE}: has 5 bytes, not 1200000" in done.err


def test_stage_wants_object_storage(user, tmp_path):
    done = user("stage", "kind-7b", "--to", tmp_path / "out", ACCEPT)

    assert done.code == 2
    assert "weights fetch" in done.err


@pytest.mark.parametrize("target", ["s3://", "gs://bucket/x", "s3://bucket/../x", " "])
def test_what_is_no_address_is_refused_before_a_license_is_asked_for(user, hub, target):
    done = user("fetch", "kind-7b", "--to", target)

    assert (done.code, hub.asked) == (2, [])


def test_a_folder_that_was_fetched_before_is_a_source(user, hub, tmp_path):
    user("fetch", "kind-7b", "--to", tmp_path / "one", ACCEPT)
    hub.asked.clear()

    done = user("fetch", "kind-7b", "--to", tmp_path / "two", "--source", tmp_path / "one")

    assert done.code == 0
    assert (tmp_path / "two" / LARGE).read_bytes() == FILES[LARGE]
    assert hub.asked == []


def test_stage_into_a_bucket_and_verify_it(user, s3_server):
    user.environment |= s3_server.environment
    target = f"s3://{s3_server.bucket('cli-stage')}/models/kind"

    staged = user("stage", "kind-7b", "--to", target, ACCEPT, "--json")
    verified = user("verify", target, "--full")

    record = json.loads(staged.out)
    assert (staged.code, verified.code) == (0, 0)
    assert record["moved_files"] == len(FILES)
    assert s3_server.content("cli-stage", f"models/kind/{LARGE}") == FILES[LARGE]


@pytest.mark.skipif(os.name == "nt", reason="Windows has no signals of this kind")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_stage_that_is_interrupted_leaves_no_upload_open(user, hub, s3_server, number):
    hub.files[LARGE] = noise(2, 40_000_000)
    bucket = s3_server.bucket(f"cli-interrupt-{number.value}")
    user.environment |= s3_server.environment
    stalled = threading.Event()

    def stall(asked, _number):
        if asked.server == "cdn" and first_byte(asked) > 20_000_000:
            stalled.set()
            return Trouble(delay_s=5.0)
        return None

    hub.trouble = stall
    with user.start("weights", "stage", "kind-7b", "--to", f"s3://{bucket}/p", ACCEPT) as process:
        assert stalled.wait(30)
        opened = s3_server.open_uploads(bucket)
        process.send_signal(number)
        _, err = process.communicate(timeout=30)

    assert opened == [f"p/{LARGE}"]
    assert (process.returncode, err.splitlines()[-1]) == (130, "interrupted")
    assert s3_server.open_uploads(bucket) == []


@pytest.mark.skipif(os.name == "nt", reason="Windows has no signals of this kind")
@pytest.mark.parametrize("into", ["folder", "bucket"])
def test_a_fetch_that_was_killed_goes_on_with_what_is_missing(user, hub, s3_server, tmp_path, into):
    hub.files[LARGE] = noise(2, 12_000_000)
    user.environment |= s3_server.environment
    to = tmp_path / "out" if into == "folder" else f"s3://{s3_server.bucket('cli-killed')}/p"
    stalled = threading.Event()

    def stall(asked, _number):
        if asked.server == "cdn" and first_byte(asked) > 6_000_000:
            stalled.set()
            return Trouble(delay_s=30.0)
        return None

    hub.trouble = stall
    with user.start("weights", "fetch", "kind-7b", "--to", to, ACCEPT) as process:
        assert stalled.wait(30)
        time.sleep(0.5)  # what did arrive before is written by then, or is fetched again
        process.kill()
    hub.trouble = lambda _asked, _number: None
    half = user("verify", to)
    hub.asked.clear()
    done = user("fetch", "kind-7b", "--to", to, "--json")

    record = json.loads(done.out)
    asked = [first_byte(each) for each in hub.asked_of("cdn")]
    assert (half.code, "not all of the weights have arrived" in half.err) == (12, True)
    assert (record["moved_files"], min(asked) > 0) == (1, into == "folder")
    assert record["moved_bytes"] == len(hub.files[LARGE]) - min(asked)
    assert user("verify", to, "--full").code == 0


def first_byte(asked):
    return int(asked.headers.get("range", "bytes=0-").removeprefix("bytes=").split("-")[0])


@pytest.mark.skipif(os.name == "nt", reason="Windows limits no sizes of files")
def test_a_disk_that_fills_is_told_and_what_arrived_is_kept(user, hub, tmp_path):
    import resource

    def fill():
        resource.setrlimit(resource.RLIMIT_FSIZE, (2_000_000, 2_000_000))

    hub.files[LARGE] = noise(2, 3_000_000)
    command = user.command("weights", "fetch", "kind-7b", "--to", tmp_path / "out", ACCEPT)
    full = subprocess.run(
        command, env=user.environment, preexec_fn=fill, capture_output=True, text=True, check=False
    )
    done = user("fetch", "kind-7b", "--to", tmp_path / "out", "--json")

    assert (full.returncode, "no space left" in full.stderr) == (5, True)
    assert json.loads(done.out)["moved_bytes"] < len(hub.files[LARGE])
    assert (tmp_path / "out" / LARGE).read_bytes() == hub.files[LARGE]


@pytest.mark.parametrize("text", ["hub.example", "https://alice:secret@hub.example", "https://["])
def test_a_hub_that_is_no_address_is_refused_without_repeating_it(user, text):
    user.environment["HF_ENDPOINT"] = text

    done = user("probe", "kind-7b")

    assert (done.code, "HF_ENDPOINT" in done.err, text in done.err) == (2, True, False)


META_FILES = llama_2_files({"consolidated.00.pth": noise(3, 400_000)}, "llama-2-7b-kind")


def test_metas_download_takes_its_url_from_the_environment_or_a_file(user, tmp_path):
    with MetaStandIn(META_FILES) as meta:
        (tmp_path / "url").write_text(meta.signed_url() + "\n")
        by_file = user(
            *("fetch", "kind-7b", "--to", tmp_path / "one", ACCEPT),
            *("--source", "meta", "--meta-url-file", tmp_path / "url"),
        )
        user.environment["LLAMACTL_META_URL"] = meta.signed_url()
        by_variable = user("fetch", "kind-7b", "--to", tmp_path / "two", "--source", "meta")

    assert (by_file.code, by_variable.code) == (0, 0)
    assert (tmp_path / "two" / "consolidated.00.pth").stat().st_size == 400_000
    assert "engines load them after a conversion" in by_file.err


def test_without_a_url_the_ways_to_give_one_are_told(user, tmp_path):
    done = user("fetch", "kind-7b", "--to", tmp_path / "out", ACCEPT, "--source", "meta")

    assert done.code == 2
    assert "LLAMACTL_META_URL" in done.err
    assert "--meta-url-file" in done.err


def written(folder):
    """Everything that was written under a folder."""
    return b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())


def command_lines():
    """The arguments of every process of this machine."""
    import psutil

    lines = [each.info["cmdline"] or [] for each in psutil.process_iter(["cmdline"])]
    return " ".join(word for line in lines for word in line)


def test_no_token_and_no_signature_is_written_anywhere(user, hub, s3_server, tmp_path):
    user.environment |= s3_server.environment
    bucket = s3_server.bucket("cli-secrets")
    seen = []
    hub.trouble = lambda _asked, _number: seen.append(command_lines())
    done = [
        user("probe", "kind-7b", "--json"),
        user("fetch", "kind-7b", "--to", tmp_path / "out", ACCEPT, "--json"),
        user("stage", "kind-7b", "--to", f"s3://{bucket}/p", "--json"),
        user("verify", f"s3://{bucket}/p", "--json"),
    ]
    with MetaStandIn(META_FILES) as meta:
        user.environment["LLAMACTL_META_URL"] = meta.signed_url()
        meta.trouble = lambda _asked, _number: seen.append(command_lines())
        fetch = ("fetch", "kind-7b", "--source", "meta")
        done.append(user(*fetch, "--to", tmp_path / "meta"))
        meta.trouble = lambda _asked, _number: Trouble(status=403, body=b"Access denied")
        done.append(user(*fetch, "--to", tmp_path / "none"))
    hub.trouble = lambda asked, _number: Trouble(status=418) if asked.server == "cdn" else None
    done.append(user("fetch", "kind-7b", "--to", tmp_path / "bad"))

    objects = b"".join(s3_server.content(bucket, key) for key in s3_server.objects(bucket))
    told = "".join(each.out + each.err for each in done).encode()
    everything = told + objects + written(tmp_path) + "".join(seen).encode()
    assert [each.code for each in done] == [0, 0, 0, 0, 0, 6, 8]
    assert seen
    secrets = [TOKEN, SIGNATURE, META_SIGNATURE, s3_server.environment["AWS_SECRET_ACCESS_KEY"]]
    assert [each for each in secrets if each.encode() in everything] == []


def test_an_environment_without_the_extra_says_how_to_get_it(user, tmp_path):
    (tmp_path / "without").mkdir()
    (tmp_path / "without" / "huggingface_hub.py").write_text("raise ImportError('not here')\n")
    user.environment["PYTHONPATH"] = str(tmp_path / "without")

    done = user("probe", "kind-7b")

    assert (done.code, extra_command("weights") in done.err) == (11, True)
