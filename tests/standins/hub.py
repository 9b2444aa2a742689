"""The Hugging Face Hub and its CDN on 127.0.0.1, as the real client speaks with them.

Shapes: huggingface_hub 0.36 (hf_api.py, file_download.py, utils/_http.py), read 2026-11-22. Large
files are redirected to the CDN, another origin, by URLs that are signed for it.
"""

import hashlib
import json
from collections.abc import Mapping
from email.utils import formatdate
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from standins.file_server import FileServers, Handler, Trouble, Troubles, no_trouble

REPO = "kind-people/Kind-7b-chat-hf"
REVISION = "f5db02db724555f92da89c216ac04704f23d4590"
TOKEN = "hf_" + "SecretSecretSecretSecretSecretSe"
UNGRANTED = "hf_" + "OtherOtherOtherOtherOtherOtherOt"
SIGNATURE = "CdnSignatureThatNobodyMayRead"


class HubStandIn(FileServers):
    """A Hub with one repository, and a CDN with its large files."""

    def __init__(
        self,
        files: Mapping[str, bytes],
        *,
        repo: str = REPO,
        gated: bool = True,
        lfs_from_bytes: int = 2000,
        trouble: Troubles = no_trouble,
    ) -> None:
        super().__init__({"hub": _HubHandler, "cdn": _Cdn}, trouble)
        self.url, self.cdn_url = self.urls["hub"], self.urls["cdn"]
        self.repo = repo
        self.files = dict(files)
        self.gated = gated
        self.lfs_from_bytes = lfs_from_bytes
        self.accounts = {TOKEN: "alice", UNGRANTED: "bob"}
        self.granted = {TOKEN}

    def is_large(self, name: str) -> bool:
        """Tell whether a file is kept by Git LFS."""
        return len(self.files[name]) >= self.lfs_from_bytes

    def sibling(self, name: str) -> dict[str, Any]:
        """List a file as the API does with `blobs=true`."""
        content = self.files[name]
        listed: dict[str, Any] = {
            "rfilename": name,
            "size": len(content),
            "blobId": git_sha1(content),
        }
        if self.is_large(name):
            sha256 = hashlib.sha256(content).hexdigest()
            listed["lfs"] = {"sha256": sha256, "size": len(content), "pointerSize": 135}
        return listed


def git_sha1(content: bytes) -> str:
    """The hash that git gives a file of that content."""
    return hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()


class _HubHandler(Handler):
    owner: HubStandIn

    def serve(self, trouble: Trouble | None) -> None:
        path = unquote(urlsplit(self.path).path)
        if path == "/api/whoami-v2":
            self._whoami()
        elif path.startswith("/api/models/"):
            self._api(path.removeprefix("/api/models/"))
        elif "/resolve/" in path:
            self._resolve(path.lstrip("/"), trouble)
        else:
            self.refuse(404, "RepoNotFound")

    def refuse(self, status: int, code: str, message: str = "") -> None:
        headers = {"X-Error-Code": code, "X-Error-Message": message}
        self.give(status, headers, json.dumps({"error": message}).encode())

    @property
    def token(self) -> str | None:
        return self.asked.headers.get("authorization", "").removeprefix("Bearer ") or None

    def refused(self, repo: str) -> bool:
        """Refuse as the Hub does whoever may not read a repository's files."""
        if self.token is not None and self.token not in self.owner.accounts:
            self.give(401, {"X-Error-Message": "Invalid credentials in Authorization header"})
        elif repo != self.owner.repo:
            self.refuse(401 if self.token is None else 404, "RepoNotFound", "Repository not found")
        elif self.owner.gated and self.token is None:
            self.refuse(401, "GatedRepo", f"Access to model {repo} is restricted.")
        elif self.owner.gated and self.token not in self.owner.granted:
            message = f"Access to model {repo} is restricted and you are not in the authorized list"
            self.refuse(403, "GatedRepo", message)
        else:
            return False
        return True

    def _whoami(self) -> None:
        account = self.owner.accounts.get(self.token or "")
        if account is None:
            self.give(401, {"X-Error-Message": "Invalid username or password."})
        else:
            self.give(200, {}, json.dumps({"type": "user", "name": account}).encode())

    def _api(self, rest: str) -> None:
        repo, _, _ = rest.partition("/auth-check")
        if rest.endswith("/auth-check"):
            if not self.refused(repo):
                self.give(200, {}, b"{}")
            return
        repo, _, revision = rest.partition("/revision/")
        if repo != self.owner.repo:
            self.refused(repo)
        elif revision not in ("", REVISION):
            self.refuse(404, "RevisionNotFound", f"Invalid rev id: {revision}")
        else:
            listed = [self.owner.sibling(name) for name in sorted(self.owner.files)]
            gated = "manual" if self.owner.gated else False
            info = {"id": repo, "modelId": repo, "sha": REVISION, "gated": gated, "tags": []}
            self.give(200, {}, json.dumps({**info, "siblings": listed}).encode())

    def _resolve(self, path: str, trouble: Trouble | None) -> None:
        repo, _, rest = path.partition("/resolve/")
        revision, _, name = rest.partition("/")
        if self.refused(repo):
            return
        if revision != REVISION:
            self.refuse(404, "RevisionNotFound", "Invalid rev id")
        elif name not in self.owner.files:
            self.refuse(404, "EntryNotFound", "Entry not found")
        else:
            self._file(name, trouble)

    def _file(self, name: str, trouble: Trouble | None) -> None:
        body = self.owner.files[name]
        headers = {"X-Repo-Commit": REVISION}
        if self.owner.is_large(name):
            sha256 = hashlib.sha256(body).hexdigest()
            query = f"X-Amz-Signature={SIGNATURE}&response-content-disposition=inline%3B"
            location = f"{self.owner.cdn_url}/repos/a%2Bb/{sha256}/{name}?{query}"
            linked = {"X-Linked-Size": str(len(body)), "X-Linked-Etag": f'"{sha256}"'}
            self.give(302, {**headers, **linked, "Location": location})
        else:
            self.content(body, {**headers, "ETag": f'"{git_sha1(body)}"'}, trouble)


class _Cdn(Handler):
    owner: HubStandIn

    def serve(self, trouble: Trouble | None) -> None:
        parts = urlsplit(self.path)
        name = parts.path.split("/", 4)[-1]
        if parse_qs(parts.query).get("X-Amz-Signature") != [SIGNATURE]:
            self.give(403, {}, b"<Error><Code>AccessDenied</Code></Error>")
            return
        body = self.owner.files[name]
        headers = {"ETag": '"x"', "Last-Modified": formatdate(0, usegmt=True)}
        self.content(body, headers, trouble)
