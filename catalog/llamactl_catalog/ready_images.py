"""Images that a cloud has ready: an engine's version, in the registry of each region."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache

from llamactl_catalog.engine_versions import Numbers, numbers
from llamactl_catalog.errors import InvalidInput, NotFound
from llamactl_catalog.fields import did_you_mean
from llamactl_catalog.tables import Columns, day, read_table, text


@dataclass(frozen=True, slots=True)
class ReadyImage:
    """One image of a cloud's own: the same repository and tag in the registry of each region."""

    cloud: str
    engine: str
    version: str
    repository: str
    tag: str
    cuda: Numbers
    source: str
    checked_on: date


@dataclass(frozen=True, slots=True)
class _Registry:
    cloud: str
    region: str
    account: str
    host: str
    source: str
    checked_on: date


def _account(cell: str) -> str:
    if not re.fullmatch(r"\d{12}", cell):
        raise ValueError("an account of 12 digits")
    return cell


_IMAGE: Columns = {
    "cloud": text,
    "engine": text,
    "version": text,
    "repository": text,
    "tag": text,
    "cuda": numbers,
    "source": text,
    "checked_on": day,
}
_REGISTRY: Columns = {
    "cloud": text,
    "region": text,
    "account": _account,
    "host": text,
    "source": text,
    "checked_on": day,
}


@cache
def ready_images() -> tuple[ReadyImage, ...]:
    """Give every ready image that may be deployed, by version."""
    return tuple(read_table("ready_images.csv", _IMAGE, ReadyImage))


@cache
def registry_hosts() -> Mapping[tuple[str, str], str]:
    """Give the registry's host of each cloud and region."""
    rows = read_table("ready_registries.csv", _REGISTRY, _Registry)
    return {(each.cloud, each.region): each.host for each in rows}


def ready_image(cloud: str, engine: str, version: str | None = None) -> ReadyImage:
    """Give a cloud's ready image of an engine; without a version the newest.

    Raises:
        NotFound: the cloud has none.
    """
    found = [each for each in ready_images() if (each.cloud, each.engine) == (cloud, engine)]
    if not found:
        raise NotFound(
            f"{cloud} has no ready image of {engine}", hint="llamactl image build makes one"
        )
    if version is None:
        return max(found, key=lambda each: numbers(each.version))
    for each in found:
        if each.version == version:
            return each
    has = ", ".join(each.version for each in reversed(found))
    hint = f"it has {has}; or llamactl image build"
    raise NotFound(f"{cloud} has no ready image of {engine} {version}", hint=hint)


def ready_reference(image: ReadyImage, region: str) -> str:
    """Give the address of a ready image in a region.

    Raises:
        InvalidInput: the cloud has no such region, or no ready images there.
    """
    hosts = registry_hosts()
    host = hosts.get((image.cloud, region))
    if host is None:
        regions = [each for cloud, each in hosts if cloud == image.cloud]
        raise InvalidInput(
            f"{image.cloud} has no ready images in '{region}'{did_you_mean(region, regions)}",
            hint="llamactl image build makes one of your own",
        )
    return f"{host}/{image.repository}:{image.tag}"
