"""Containers on real programs: docker-registry on 127.0.0.1, and room for buildah and podman."""

import shutil
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

_START_S = 20.0
_CONFIG = """\
version: 0.1
log: {{level: warn, accesslog: {{disabled: true}}}}
storage: {{filesystem: {{rootdirectory: {root}}}, delete: {{enabled: true}}}}
http: {{addr: 127.0.0.1:{port}}}
"""
_AUTH = "auth: {{htpasswd: {{realm: test, path: {path}}}}}\n"
# user `pusher`, password `secret`: bcrypt, as htpasswd -B writes it
PUSHER = ("pusher", "secret")


@dataclass(frozen=True)
class RunningRegistry:
    """A registry that runs: its host with the port, and where it keeps things."""

    host: str
    folder: Path

    def tags(self, repository: str) -> list[str]:
        """List the tags of a repository; none where there is no repository."""
        answer = httpx.get(f"http://{self.host}/v2/{repository}/tags/list")
        return sorted(answer.json().get("tags") or []) if answer.is_success else []


@contextmanager
def running_registry(folder: Path, *, htpasswd: str | None = None) -> Iterator[RunningRegistry]:
    """Run docker-registry with its files in a folder."""
    program = shutil.which("docker-registry")
    assert program is not None
    folder.mkdir(parents=True, exist_ok=True)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    text = _CONFIG.format(root=folder / "data", port=port)
    if htpasswd is not None:
        (folder / "htpasswd").write_text(htpasswd)
        text += _AUTH.format(path=folder / "htpasswd")
    (folder / "config.yml").write_text(text)
    with (folder / "log").open("w") as log:
        server = subprocess.Popen(
            [program, "serve", str(folder / "config.yml")], stdout=log, stderr=log
        )
    try:
        _wait(f"http://127.0.0.1:{port}/v2/", server)
        yield RunningRegistry(f"127.0.0.1:{port}", folder)
    finally:
        server.terminate()
        server.wait()


def _wait(url: str, server: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + _START_S
    while time.monotonic() < deadline:
        assert server.poll() is None
        try:
            httpx.get(url)
        except httpx.TransportError:
            time.sleep(0.05)
        else:
            return
    raise TimeoutError(url)


def container_environment(
    folder: Path, inherited: Mapping[str, str], insecure: str | None = None
) -> dict[str, str]:
    """Give what buildah and podman need to work as root in a folder of their own.

    No overlay file system, no namespaces: the same works in a container without rights.
    """
    folder.mkdir(parents=True, exist_ok=True)
    storage, registries = folder / "storage.conf", folder / "registries.conf"
    storage.write_text(
        f'[storage]\ndriver = "vfs"\ngraphroot = "{folder}/root"\nrunroot = "{folder}/run"\n'
    )
    listed = "" if insecure is None else f'[[registry]]\nlocation = "{insecure}"\ninsecure = true\n'
    registries.write_text(f"unqualified-search-registries = []\n{listed}")
    home = folder / "home"
    home.mkdir(exist_ok=True)
    return {
        **inherited,
        "HOME": str(home),
        "CONTAINERS_STORAGE_CONF": str(storage),
        "CONTAINERS_REGISTRIES_CONF": str(registries),
        "BUILDAH_ISOLATION": "chroot",
        "TMPDIR": str(folder),
    }


def push_base(host: str, repository: str, folder: Path, environment: Mapping[str, str]) -> str:
    """Build a base image of one file from scratch and push it; give its digest."""
    context = folder / "base"
    context.mkdir(parents=True)
    (context / "launcher").write_text("#!/bin/sh\necho started\n")
    (context / "Containerfile").write_text(
        'FROM scratch\nCOPY launcher /usr/local/bin/launcher\nENV BASE=yes\nCMD ["launcher"]\n'
    )
    target, digest = f"{host}/{repository}", folder / "base-digest"
    build = ["buildah", "build", "--timestamp", "0", "--format", "docker", "--quiet"]
    push = ["buildah", "push", "--quiet", "--digestfile", str(digest), target, f"docker://{target}"]
    for command in ([*build, "--tag", target, str(context)], push):
        done = subprocess.run(
            command, env=dict(environment), capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
    return digest.read_text()
