"""Turns away what a web page makes a browser send to a server that is for this machine only.

A page of any site may post to a port of the loopback, and one whose name comes to stand for
127.0.0.1 (DNS rebinding) may read the answers too. The browser says where they come from, in
`Origin` and in `Host`; programs send no `Origin`, and name the machine.
"""

import ipaddress
from urllib.parse import urlsplit

from starlette.types import ASGIApp, Receive, Scope, Send

from llamactl_containers.llamacpp.http import send_json
from llamactl_containers.llamacpp.refusal import Refused

# How a container reaches the machine that it runs on; no public name ends in `internal`.
_NAMES = ("localhost", "host.docker.internal")
_WEB_SCHEMES = ("http", "https")


class Door:
    """Lets requests through to `app` that a web page of another site cannot have made."""

    def __init__(self, app: ASGIApp, host: str) -> None:
        """`host` is the bound address: where it is not a loopback, all may come in."""
        self._app = app
        self._is_open = not _is_this_machine(host)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if self._is_open or scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = dict(scope["headers"])
        reason = _reason(headers.get(b"host", b""), headers.get(b"origin", b""))
        if reason:
            status, body = Refused("forbidden", reason).shaped(scope["path"])
            await send_json(send, status, body)
            return
        await self._app(scope, receive, send)


def _reason(host: bytes, origin: bytes) -> str:
    if host and not _is_this_machine(_name(b"//" + host)):
        return "the Host header must name this machine: localhost or 127.0.0.1"
    if origin == b"null" or (_is_web(origin) and not _is_this_machine(_name(origin))):
        return "a web page of another site may not ask this server"
    return ""


def _is_web(origin: bytes) -> bool:
    # Installed programs that show pages have schemes of their own, as vscode-webview.
    return origin.partition(b":")[0].decode("latin-1").lower() in _WEB_SCHEMES


def _name(url: bytes) -> str:
    try:
        return urlsplit(url.decode("latin-1")).hostname or ""
    except ValueError:
        return ""


def _is_this_machine(name: str) -> bool:
    if name in _NAMES:
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False
