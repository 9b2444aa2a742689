"""An image's configuration without what differs from build to build of the same inputs."""

import json
from typing import Any

from llamactl_containers.builders.store import ImageStore
from llamactl_containers.registries.oci import Manifest, digest_of

# What has a meaning to who runs an image. Source: OCI image specification v1.1, config.md; Docker
# image specification v1.2. Left out: `container`, `container_config`, `parent`, `docker_version`,
# `id`, which name things of the machine that built it.
_KEPT = (
    "architecture",
    "author",
    "config",
    "created",
    "history",
    "os",
    "os.features",
    "os.version",
    "rootfs",
    "variant",
)


def with_plain_config(manifest: Manifest, store: ImageStore) -> Manifest:
    """Write the configuration anew without ids of the machine; layers stay as they are.

    The new configuration and the new manifest are put into the store, which holds the old one.
    """
    document: dict[str, Any] = json.loads(manifest.content)
    content = plain_config(store.read(document["config"]["digest"]) or b"{}")
    if digest_of(content) != document["config"]["digest"]:
        store.remove(document["config"]["digest"])
    config = {**document["config"], "digest": store.put(content), "size": len(content)}
    plain = Manifest(manifest.media_type, _json({**document, "config": config}))
    # The manifest comes last: where it is, all that it names is there too.
    store.put(plain.content)
    return plain


def plain_config(content: bytes) -> bytes:
    """Give a configuration's text with the parts that say how to run it, and how it came to be."""
    document: dict[str, Any] = json.loads(content)
    plain = {key: document[key] for key in _KEPT if key in document}
    if isinstance(plain.get("config"), dict):
        plain["config"] = {key: each for key, each in plain["config"].items() if key != "Hostname"}
    plain["history"] = [_plain_step(each) for each in document.get("history", [])]
    return _json(plain)


def _plain_step(step: dict[str, Any]) -> dict[str, Any]:
    is_id = str(step.get("comment", "")).startswith("FROM ")
    return {key: each for key, each in step.items() if key != "comment" or not is_id}


def _json(document: object) -> bytes:
    return json.dumps(document, sort_keys=True, separators=(",", ":")).encode()
