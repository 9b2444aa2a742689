"""The images of this machine: their records, their layers, and the places they were pushed to."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from llamactl.app import App
from llamactl_containers.builders.records import ImageRecord, ImageRecords, PushedTo
from llamactl_containers.builders.store import ImageStore
from llamactl_containers.registries.pushing import Pushed


@dataclass(frozen=True, slots=True)
class Images:
    """Where the images of this machine are, and what is known of them."""

    records: ImageRecords
    store: ImageStore
    environment: Mapping[str, str]
    home: Path


def images_of(app: App) -> Images:
    """Give the images of this machine; nothing is made yet."""
    app.require_own_state()
    records = ImageRecords(app.state_dir / "images")
    return Images(records, ImageStore(app.cache_dir / "images"), os.environ, Path.home())


def on_record(images: Images, record: ImageRecord, pushed: Pushed) -> ImageRecord:
    """Put the place that an image was pushed to on record."""
    push = PushedTo(str(pushed.reference), pushed.digest, datetime.now(UTC), dict(pushed.attached))
    updated = record.with_push(push)
    images.records.put(updated)
    return updated


def short(digest: str) -> str:
    """Give the beginning of a digest, for people."""
    return digest[: len("sha256:") + 12]
