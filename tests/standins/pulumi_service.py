"""Pulumi Cloud's API, as far as its command reads stacks: what it does not know, it refuses.

Source: pulumi 3.260, pkg/backend/httpstate/client/{api,client}.go (paths, headers, what 401 and 404
are) and sdk/go/common/apitype (the answers). Not verified against the service itself.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

from standins.local_server import LocalServer, SilentHandler

TOKEN = "pul-" + "0" * 40
ORGANIZATION, USER = "acme", "jane"
_PAGE = 2  # stacks; a real page is longer, and its length is not documented


@dataclass
class Stack:
    """One stack: each version's state, its last update, and the environment that configures it."""

    versions: list[Mapping[str, Any] | None] = field(default_factory=list)
    last: Mapping[str, Any] | None = None
    environment: str | None = None


class PulumiService(LocalServer):
    """`stacks` are by organization, project and name; `asked` are the paths of all requests."""

    def __init__(self) -> None:
        self.stacks: dict[tuple[str, str, str], Stack] = {}
        self.asked: list[str] = []
        self.default_organization: str | None = ORGANIZATION
        super().__init__(_Handler)

    @property
    def environment(self) -> dict[str, str]:
        """What leads Pulumi, and llamactl, to it."""
        return {"PULUMI_BACKEND_URL": self.url, "PULUMI_ACCESS_TOKEN": TOKEN}

    def answer(self, path: str, query: Mapping[str, list[str]]) -> object:
        """Give the answer to a GET; None: there is none of that name."""
        match path.split("/")[1:]:
            case ["api", "user"]:
                organizations = [{"githubLogin": each, "name": each} for each in (ORGANIZATION,)]
                return {"githubLogin": USER, "name": USER, "organizations": organizations}
            case ["api", "user", "organizations", "default"]:
                named = self.default_organization
                # The command's own type has no tag: the field is written as in Go.
                return None if named is None else {"GitHubLogin": named, "Messages": []}
            case ["api", "user", "stacks"]:
                return self._page(query)
            case ["api", "capabilities"]:
                return {"capabilities": []}
            case ["api", "stacks", owner, project, name, *rest]:
                found = self.stacks.get((owner, project, name))
                return None if found is None else _of_stack(found, (owner, project, name), rest)
            case _:
                return None

    def _page(self, query: Mapping[str, list[str]]) -> object:
        asked = query.get("project", [None])[0]
        every = [each for each in sorted(self.stacks) if asked in (None, each[1])]
        begin = int(query.get("continuationToken", ["0"])[0])
        end = begin + _PAGE
        more = {"continuationToken": str(end)} if end < len(every) else {}
        keys = ("orgName", "projectName", "stackName")
        stacks = [dict(zip(keys, each, strict=True)) for each in every[begin:end]]
        return {"stacks": stacks, **more}


def _of_stack(found: Stack, of: tuple[str, str, str], what: list[str]) -> object:
    match what:
        case []:
            own = {"config": {"environment": found.environment}} if found.environment else {}
            names = dict(zip(("orgName", "projectName", "stackName"), of, strict=True))
            version = len(found.versions)
            return {"id": "1", **names, "activeUpdate": "", "tags": {}, "version": version, **own}
        case ["export"]:
            return _untyped(found.versions[-1] if found.versions else None)
        case ["export", version] if 0 < int(version) <= len(found.versions):
            return _untyped(found.versions[int(version) - 1])
        case ["updates", "latest"] if found.last is not None:
            return {"info": found.last}
        case _:
            return None


def _untyped(state: Mapping[str, Any] | None) -> dict[str, Any]:
    return {"version": 3, **({} if state is None else {"deployment": state})}


class _Handler(SilentHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        service: PulumiService = self.server.owner
        parts = urlsplit(self.path)
        service.asked.append(parts.path)
        if self.headers.get("Authorization") != f"token {TOKEN}":
            self._send(401, {"code": 401, "message": "Unauthorized: No credentials provided"})
            return
        content = service.answer(parts.path, parse_qs(parts.query))
        if content is None:
            self._send(404, {"code": 404, "message": "Not Found"})
        else:
            self._send(200, content)

    def do_HEAD(self) -> None:
        self.send_response(404)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self._send(404, {"code": 404, "message": "Not Found"})

    def _send(self, status: int, content: object) -> None:
        body = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
