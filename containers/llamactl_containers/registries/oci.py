"""What is asked of a registry: the OCI distribution API, one method a question."""

import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import urlencode, urljoin, urlsplit

from llamactl_catalog.errors import LlamactlError, Unhealthy
from llamactl_containers.registries.answers import cut, refusal
from llamactl_containers.registries.credentials import Login
from llamactl_containers.registries.session import ATTEMPTS, BUSY, Request, Session

if TYPE_CHECKING:
    import httpx

OCI_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
OCI_INDEX = "application/vnd.oci.image.index.v1+json"
_DOCKER_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
_DOCKER_LIST = "application/vnd.docker.distribution.manifest.list.v2+json"
_ACCEPTED = f"{OCI_MANIFEST}, {OCI_INDEX}, {_DOCKER_MANIFEST}, {_DOCKER_LIST}"
_FOUND = (200,)
_FOUND_OR_NOT = (200, 404)
_PIECE_BYTES = 2**20
_STARTED = frozenset({202})

Sent = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Manifest:
    """A manifest as it is, byte for byte."""

    media_type: str
    content: bytes = field(repr=False)

    @property
    def digest(self) -> str:
        """Its SHA-256, which is what names it."""
        return digest_of(self.content)

    def descriptor(self) -> dict[str, object]:
        """Give what another manifest points to it with."""
        return {"mediaType": self.media_type, "digest": self.digest, "size": len(self.content)}


def digest_of(content: bytes) -> str:
    """Give the digest of some bytes."""
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


class Registry:
    """One registry, as one who is logged in or as anybody."""

    def __init__(self, host: str, login: Login | None = None, *, pause_s: float = 1.0) -> None:
        self.host = host
        self._session = Session(host, login, pause_s=pause_s)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self._session.__exit__(*exc)

    def digest(self, repository: str, name: str) -> str | None:
        """Give the digest that a tag (or a digest) stands for; None: there is no such image.

        A multi-platform image's own digest is that of its index.
        """
        what = f"a look at {repository}:{name}"
        answer = self._manifest(what, "HEAD", repository, name)
        told = answer.headers.get("docker-content-digest")
        if answer.status_code in _FOUND and told is None:
            found = self.manifest(repository, name)
            return None if found is None else found.digest
        return told if answer.status_code in _FOUND else None

    def manifest(self, repository: str, name: str) -> Manifest | None:
        """Give a manifest by tag or digest; None: there is none.

        Raises:
            Unhealthy: what comes is not what the digest names.
        """
        answer = self._manifest(f"{repository}:{name}", "GET", repository, name)
        if answer.status_code not in _FOUND:
            return None
        media_type = answer.headers.get("content-type", OCI_MANIFEST).partition(";")[0]
        found = Manifest(media_type, answer.content)
        if name.startswith("sha256:") and found.digest != name:
            raise Unhealthy(f"{self.host} gives another manifest than {name}")
        return found

    def _manifest(self, what: str, method: str, repository: str, name: str) -> "httpx.Response":
        return self._session.ask(
            what,
            Request(
                method,
                f"/v2/{repository}/manifests/{name}",
                _pull(repository),
                headers={"Accept": _ACCEPTED},
            ),
            _FOUND_OR_NOT,
        )

    def put_manifest(self, repository: str, manifest: Manifest, name: str) -> bool:
        """Put a manifest under a tag or its digest; True: it is listed with its subject."""
        what = "a manifest" if name.startswith("sha256:") else f"the tag {name}"
        answer = self._session.ask(
            what,
            Request(
                "PUT",
                f"/v2/{repository}/manifests/{name}",
                _push(repository),
                headers={"Content-Type": manifest.media_type},
                content=manifest.content,
            ),
            (200, 201, 202),
        )
        return "oci-subject" in answer.headers

    def remove_tag(self, repository: str, tag: str) -> bool:
        """Take a tag away; False: this registry does not do that, and the tag stays."""
        import httpx

        url = f"/v2/{repository}/manifests/{tag}"
        try:
            answer = self._session.send(Request("DELETE", url, f"repository:{repository}:delete"))
        except (httpx.TransportError, LlamactlError):
            return False
        return answer.is_success

    def blob(self, repository: str, digest: str) -> bytes:
        """Fetch a small blob, like an image's configuration, and check it."""
        answer = self._session.ask(
            f"the blob {digest}",
            Request("GET", f"/v2/{repository}/blobs/{digest}", _pull(repository)),
            _FOUND,
        )
        if digest_of(answer.content) != digest:
            raise Unhealthy(f"{self.host} gives another blob than {digest}")
        return answer.content

    def has_blob(self, repository: str, digest: str) -> bool:
        """Tell whether a blob is there already."""
        answer = self._session.ask(
            f"a look at {digest}",
            Request("HEAD", f"/v2/{repository}/blobs/{digest}", _push(repository)),
            _FOUND_OR_NOT,
        )
        return answer.status_code in _FOUND

    def put_content(self, repository: str, content: bytes) -> str:
        """Put a small blob, and give its digest."""
        digest = digest_of(content)
        if not self.has_blob(repository, digest):
            location = self._start(repository)
            self._finish(repository, location, digest, content)
        return digest

    def put_file(self, repository: str, digest: str, path: Path, sent: Sent) -> None:
        """Put a blob from a file; after a cut it is sent again from its beginning.

        Most registries forget an upload that was cut. `sent` is told how many bytes are there.

        Raises:
            LlamactlError: it is refused, or the connection breaks again and again.
        """
        import httpx

        what = f"the layer {digest}"
        headers = {
            "Content-Type": "application/octet-stream",
            "Content-Length": str(path.stat().st_size),
        }
        body = partial(_pieces, path, sent)
        for attempt in range(ATTEMPTS):
            is_last = attempt + 1 == ATTEMPTS
            location = self._start(repository)
            request = Request("PATCH", location, _push(repository), headers, body)
            try:
                answer = self._session.send(request)
            except httpx.TransportError as error:
                if is_last:
                    raise cut(self.host, what, error) from None
            else:
                if answer.status_code in _STARTED:
                    self._finish(repository, self._next(answer, location), digest, b"")
                    return
                if is_last or answer.status_code not in BUSY:
                    raise refusal(self.host, what, answer)
            self._session.wait(attempt)

    def referrers(self, repository: str, digest: str) -> tuple[dict[str, Any], ...]:
        """List what points to an image as its subject, by the API or else by the fallback tag."""
        answer = self._session.ask(
            f"what is attached to {digest}",
            Request("GET", f"/v2/{repository}/referrers/{digest}", _pull(repository)),
            (200, 400, 404, 405),
        )
        if answer.status_code in _FOUND and OCI_INDEX in answer.headers.get("content-type", ""):
            return tuple(answer.json().get("manifests", ()))
        found = self.manifest(repository, fallback_tag(digest))
        return () if found is None else tuple(json.loads(found.content).get("manifests", ()))

    def _start(self, repository: str) -> str:
        answer = self._session.ask(
            "an upload",
            Request("POST", f"/v2/{repository}/blobs/uploads/", _push(repository), content=b""),
            _STARTED,
        )
        return self._next(answer, f"{self._session.base}/v2/{repository}/blobs/uploads/")

    def _next(self, answer: "httpx.Response", before: str) -> str:
        return str(urljoin(before, answer.headers.get("location", before)))

    def _finish(self, repository: str, location: str, digest: str, content: bytes) -> None:
        sign = "&" if urlsplit(location).query else "?"
        self._session.ask(
            f"the layer {digest}",
            Request(
                "PUT",
                f"{location}{sign}{urlencode({'digest': digest})}",
                _push(repository),
                headers={"Content-Type": "application/octet-stream"},
                content=content,
            ),
            (201, 204),
        )


def fallback_tag(digest: str) -> str:
    """Give the tag that lists what is attached where a registry has no referrers API.

    Source: OCI distribution specification v1.1, "Referrers Tag Schema".
    """
    return digest.replace(":", "-")


def _pieces(path: Path, sent: Sent) -> Iterator[bytes]:
    done_bytes = 0
    with path.open("rb") as file:
        while piece := file.read(_PIECE_BYTES):
            yield piece
            done_bytes += len(piece)
            sent(done_bytes)


def _pull(repository: str) -> str:
    return f"repository:{repository}:pull"


def _push(repository: str) -> str:
    return f"repository:{repository}:pull,push"
