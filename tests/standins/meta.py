"""Meta's signed download on 127.0.0.1: one signature opens every file, for a while.

Shape: download.sh of meta-llama/llama, commit 689c7f2; the signature is CloudFront's custom policy.
"""

import base64
import hashlib
import json
import time
from collections.abc import Mapping
from urllib.parse import urlsplit

from standins.file_server import FileServers, Handler, Trouble, Troubles, no_trouble

SIGNATURE = "MetaSignatureThatNobodyMayRead"
EXPIRED = b"<Error><Code>AccessDenied</Code><Message>Request has expired</Message></Error>"
DENIED = b"<Error><Code>AccessDenied</Code><Message>Access denied</Message></Error>"


class MetaStandIn(FileServers):
    """A server of the files under their remote paths."""

    def __init__(self, files: Mapping[str, bytes], trouble: Troubles = no_trouble) -> None:
        super().__init__({"meta": _Handler}, trouble)
        self.files = dict(files)

    def signed_url(self, ends_in_s: float = 86_400.0, resource: str | None = None) -> str:
        """Give the URL of the e-mail."""
        resource = f"{self.urls['meta']}/*" if resource is None else resource
        condition = {"DateLessThan": {"AWS:EpochTime": int(time.time() + ends_in_s)}}
        policy = {"Statement": [{"Resource": resource, "Condition": condition}]}
        text = base64.b64encode(json.dumps(policy).encode()).decode()
        text = text.replace("+", "-").replace("=", "_").replace("/", "~")
        pair = "Key-Pair-Id=K15QRJLYKIFSLZ"
        return f"{self.urls['meta']}/*?Policy={text}&Signature={SIGNATURE}&{pair}"


def llama_2_files(shards: Mapping[str, bytes], name: str) -> dict[str, bytes]:
    """Give what Meta has of a Llama 2 model: terms, a shared tokenizer, shards and MD5 lists."""
    inside = {"params.json": b'{"dim": 64}', **shards}
    tokenizer = b"tokenizer" * 100
    return {
        "LICENSE": b"the terms",
        "USE_POLICY.md": b"the policy",
        "tokenizer.model": tokenizer,
        "tokenizer_checklist.chk": checklist({"tokenizer.model": tokenizer}),
        f"{name}/checklist.chk": checklist(inside),
        **{f"{name}/{path}": content for path, content in inside.items()},
    }


def checklist(files: Mapping[str, bytes]) -> bytes:
    """Write a list as `md5sum` does."""
    lines = (
        f"{hashlib.md5(content, usedforsecurity=False).hexdigest()}  {path}\n"
        for path, content in files.items()
    )
    return "".join(lines).encode()


class _Handler(Handler):
    owner: MetaStandIn

    def serve(self, trouble: Trouble | None) -> None:
        parts = urlsplit(self.path)
        path = parts.path.lstrip("/")
        if SIGNATURE not in parts.query or path not in self.owner.files:
            self.give(403, {"content-type": "application/xml"}, DENIED)
        else:
            self.content(self.owner.files[path], {"ETag": '"m"'}, trouble)
