"""Azure's registry and its tasks on 127.0.0.1: checks each request, and answers in its shape.

Shapes: Azure REST API, Microsoft.ContainerRegistry 2019-06-01-preview and 2023-07-01; Azure/acr,
docs/Token-BasicAuth.md and AAD-OAuth.md; the error shape of Azure Resource Manager.
"""

import base64
import io
import json
import re
import tarfile
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

from standins.local_server import LocalServer, SilentHandler

LOGIN_SERVER = "llamas.azurecr.io"
SUBSCRIPTION = "11111111-2222-3333-4444-555555555555"
DIGEST = f"sha256:{'d' * 64}"
_GROUP = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg"
RESOURCE = f"{_GROUP}/providers/Microsoft.ContainerRegistry/registries/llamas"
_REQUIRED = {"type", "imageNames", "isPushEnabled", "sourceLocation", "dockerFilePath", "platform"}


@dataclass(frozen=True)
class Token:
    token: str


class Identity:
    """Somebody who is signed in; counts who asked for what."""

    def __init__(self, token: str = "aad-token") -> None:  # noqa: S107 - a stand-in
        self.token = token
        self.scopes: list[str] = []

    def get_token(self, *scopes: str) -> Token:
        self.scopes += scopes
        return Token(self.token)


@dataclass
class AzureRegistry(LocalServer):
    """What a test sets, and what has been asked. `images` None: every repository has one."""

    log: bytes = b"Step 1/7 : FROM base\nSTEP 2/7: COPY a b\npushed\n"
    ending: str = "Succeeded"
    message: str = ""
    polls: int = 2
    context: dict[str, bytes] = field(default_factory=dict)
    order: dict[str, Any] = field(default_factory=dict)
    cancelled: bool = False
    problems: list[str] = field(default_factory=list)
    images: tuple[str, ...] | None = None

    def __post_init__(self) -> None:
        super().__init__(_Handler)


class _Handler(SilentHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self._answer("GET")

    def do_HEAD(self) -> None:
        self._answer("HEAD")

    def do_POST(self) -> None:
        self._answer("POST")

    def do_PUT(self) -> None:
        self._answer("PUT")

    def _answer(self, method: str) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        parts = urlsplit(self.path)
        query = {key: values[0] for key, values in parse_qs(parts.query).items()}
        for pattern, action in (
            (r"POST /oauth2/exchange", self._exchange),
            (r"GET /oauth2/token", self._token),
            (r"(GET|HEAD) /v2/.*", self._registry),
            (r"PUT /upload", self._upload),
            (r"GET /log", self._log),
            (r"(GET|POST) /subscriptions.*", self._arm),
        ):
            if re.fullmatch(pattern, f"{method} {parts.path}"):
                action(method, parts.path, query, body)
                return
        self._send(404, {"error": {"code": "NotFound", "message": parts.path}})

    @property
    def _owner(self) -> AzureRegistry:
        owner: AzureRegistry = self.server.owner
        return owner

    def _exchange(self, _method: str, _path: str, _query: dict[str, str], body: bytes) -> None:
        form = {key: values[0] for key, values in parse_qs(body.decode()).items()}
        if form.get("grant_type") != "access_token" or "service" not in form:
            self._refuse(400, "UNSUPPORTED", f"bad form {sorted(form)}")
        elif form.get("access_token") != "aad-token":
            self._refuse(401, "UNAUTHORIZED", "authentication required")
        else:
            self._send(200, {"refresh_token": f"refresh-{form['service']}"})

    def _token(self, _method: str, _path: str, query: dict[str, str], _body: bytes) -> None:
        basic = base64.b64decode(self.headers.get("Authorization", "").removeprefix("Basic "))
        user, _, password = basic.decode().partition(":")
        if user != "00000000-0000-0000-0000-000000000000" or not password.startswith("refresh-"):
            self._refuse(401, "UNAUTHORIZED", "authentication required")
            return
        self._send(200, {"access_token": f"for {query['scope']}"})

    def _registry(self, _method: str, path: str, _query: dict[str, str], _body: bytes) -> None:
        repository = path.removeprefix("/v2/").partition("/manifests/")[0]
        allowed = f"Bearer for repository:{repository}:pull"
        if self.headers.get("Authorization") != allowed:
            realm = f'Bearer realm="{self._owner.url}/oauth2/token",service="{LOGIN_SERVER}"'
            self._refuse(401, "UNAUTHORIZED", "authentication required", realm)
        elif self._owner.images is not None and repository not in self._owner.images:
            self._refuse(404, "MANIFEST_UNKNOWN", f"manifest of {repository} is not found")
        else:
            self._send(200, {}, {"Docker-Content-Digest": DIGEST})

    def _upload(self, _method: str, _path: str, _query: dict[str, str], body: bytes) -> None:
        if self.headers.get("x-ms-blob-type") != "BlockBlob" or "Authorization" in self.headers:
            self._owner.problems.append("an upload needs its type, and no token")
        with tarfile.open(fileobj=io.BytesIO(body), mode="r:gz") as archive:
            self._owner.context = {
                each.name: (archive.extractfile(each) or io.BytesIO()).read() for each in archive
            }
        self._send(201, {})

    def _log(self, _method: str, _path: str, _query: dict[str, str], _body: bytes) -> None:
        start = int(self.headers.get("Range", "bytes=0-").removeprefix("bytes=").rstrip("-"))
        if start >= len(self._owner.log):
            self._send(416, {})
        else:
            self._send(206, self._owner.log[start : start + 20])

    def _arm(self, method: str, path: str, query: dict[str, str], body: bytes) -> None:
        if self.headers.get("Authorization") != "Bearer aad-token":
            self._arm_refuse(401, "AuthenticationFailed", "The access token is invalid.")
        elif "api-version" not in query:
            self._arm_refuse(400, "MissingApiVersionParameter", "api-version is required")
        else:
            self._arm_known(method, path, body)

    def _arm_known(self, method: str, path: str, body: bytes) -> None:
        owner, run = self._owner, f"{RESOURCE}/runs/run1"
        match method, path:
            case "GET", "/subscriptions":
                self._send(200, {"value": [{"subscriptionId": SUBSCRIPTION}]})
            case "GET", _ if path.endswith("/registries"):
                found = {"id": RESOURCE, "properties": {"loginServer": LOGIN_SERVER}}
                self._send(200, {"value": [found]})
            case "POST", _ if path == f"{RESOURCE}/listBuildSourceUploadUrl":
                upload = f"{owner.url}/upload?sig=SECRET"
                self._send(200, {"uploadUrl": upload, "relativePath": "source/1.tar.gz"})
            case "POST", _ if path == f"{RESOURCE}/scheduleRun":
                owner.order = json.loads(body)
                owner.problems += sorted(_REQUIRED - owner.order.keys())
                self._send(200, {"properties": {"runId": "run1", "status": "Queued"}})
            case "POST", _ if path == f"{run}/listLogSasUrl":
                self._send(200, {"logLink": f"{owner.url}/log?sig=SECRET"})
            case "POST", _ if path == f"{run}/cancel":
                owner.cancelled = True
                self._send(200, {})
            case "GET", _ if path == run:
                owner.polls -= 1
                self._send(200, {"properties": self._run()})
            case _:
                self._arm_refuse(404, "ResourceNotFound", path)

    def _run(self) -> dict[str, Any]:
        owner = self._owner
        if owner.polls > 0:
            return {"runId": "run1", "status": "Running"}
        names = owner.order["imageNames"]
        images = [{"registry": LOGIN_SERVER, "repository": names[0], "digest": DIGEST}]
        ended = {"runId": "run1", "status": owner.ending, "runErrorMessage": owner.message}
        return ended | ({"outputImages": images} if owner.ending == "Succeeded" else {})

    def _refuse(self, status: int, code: str, message: str, challenge: str | None = None) -> None:
        headers = {} if challenge is None else {"WWW-Authenticate": challenge}
        self._send(status, {"errors": [{"code": code, "message": message}]}, headers)

    def _arm_refuse(self, status: int, code: str, message: str) -> None:
        self._send(status, {"error": {"code": code, "message": message}})

    def _send(self, status: int, content: object, headers: dict[str, str] | None = None) -> None:
        body = content if isinstance(content, bytes) else json.dumps(content).encode()
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)
