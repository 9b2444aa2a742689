"""The backend that Pulumi is logged in to, where its objects can be read without Pulumi.

Sources: pulumi 3.260, pkg/workspace/creds.go (where the URL is looked for, in which order) and
pkg/backend/diy/backend.go (what the URL of a DIY backend means).
"""

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Protocol
from urllib.parse import parse_qsl, urlsplit
from urllib.request import url2pathname

from llamactl_catalog.errors import LlamactlError
from llamactl_infra.stacks.yaml_values import NotReadable, mapping_of

if TYPE_CHECKING:
    from obstore.store import ObjectStore

    from llamactl_infra.stacks.place import StackPlace

_ROOT = ".pulumi"
# The only parameters of an s3:// URL that do not lead to another service or another signer.
_S3_PARAMETERS = frozenset({"region", "awssdk"})


@dataclass(frozen=True, slots=True)
class Entry:
    """An object of a backend: its name within its folder, and when it was written."""

    name: str
    modified: float


class Backend(Protocol):
    """The objects of a DIY backend; keys are relative to its folder `.pulumi`."""

    def entries(self, folder: str) -> list[Entry]:
        """List the objects directly in a folder, in the order of their names.

        Raises:
            NotReadable: it cannot be listed.
        """

    def read(self, key: str) -> bytes:
        """Read one object whole.

        Raises:
            NotReadable: it is not there, or cannot be read.
        """


@dataclass(frozen=True, slots=True)
class FolderBackend:
    """A backend in a folder of this machine (file://)."""

    folder: Path

    def entries(self, folder: str) -> list[Entry]:
        """List the files of a folder."""
        try:
            files = [each for each in os.scandir(self.folder / _ROOT / folder) if each.is_file()]
            found = [Entry(each.name, each.stat().st_mtime) for each in files]
        except OSError as error:
            raise NotReadable(str(error)) from error
        return sorted(found, key=lambda each: each.name)

    def read(self, key: str) -> bytes:
        """Read one file whole: Pulumi replaces files, and never writes into one."""
        try:
            return (self.folder / _ROOT / key).read_bytes()
        except OSError as error:
            raise NotReadable(str(error)) from error


@dataclass(frozen=True, slots=True)
class BucketBackend:
    """A backend in object storage (s3://, azblob://)."""

    store: "ObjectStore" = field(repr=False)

    def entries(self, folder: str) -> list[Entry]:
        """List the objects of a folder."""
        import obstore

        prefix = f"{_ROOT}/{folder}/"
        with _left_to_pulumi():
            found = [each for page in obstore.list(self.store, prefix=prefix) for each in page]
        entries = [
            Entry(name, each["last_modified"].timestamp())
            for each in found
            if "/" not in (name := each["path"].removeprefix(prefix))
        ]
        return sorted(entries, key=lambda each: each.name)

    def read(self, key: str) -> bytes:
        """Read one object whole."""
        import obstore

        with _left_to_pulumi():
            return bytes(obstore.get(self.store, f"{_ROOT}/{key}").bytes())


@contextmanager
def _left_to_pulumi() -> Iterator[None]:
    """Leave what a store refuses to Pulumi, which has more ways to sign in and says it better."""
    from obstore import exceptions

    try:
        yield
    except (exceptions.BaseError, OSError) as error:
        raise NotReadable(str(error)) from error


def backend_of(place: "StackPlace", environment: Mapping[str, str]) -> Backend:
    """Open the backend in which Pulumi keeps the stacks of a place.

    Raises:
        NotReadable: only Pulumi can read it, or it cannot be known which one it is.
    """
    url = backend_url(place, environment)
    folder = folder_of(url)
    if folder is not None:
        return FolderBackend(folder)
    return BucketBackend(_bucket(url, {**environment, **place.environment}))


def backend_url(place: "StackPlace", environment: Mapping[str, str]) -> str:
    """Return the URL of the backend that Pulumi would use.

    Raises:
        NotReadable: it is named by none of the places that are known.
    """
    environment = {**environment, **place.environment}
    if environment.get("PULUMI_ACCESS_TOKEN") and not environment.get("PULUMI_BACKEND_URL"):
        raise NotReadable("Pulumi Cloud")
    return configured_url(place, environment)


def configured_url(place: "StackPlace", environment: Mapping[str, str]) -> str:
    """Return the URL that the environment, the project or the last login names.

    Raises:
        NotReadable: none of them names one.
    """
    named = environment.get("PULUMI_BACKEND_URL")
    if named:
        return named
    backend = mapping_of(place.folder / "Pulumi.yaml").get("backend")
    if isinstance(backend, dict) and backend.get("url"):
        return str(backend["url"])
    return _logged_in(environment)


def folder_of(url: str) -> Path | None:
    """Return the folder of a file:// URL with an absolute path; None for any other URL."""
    parts = urlsplit(url)
    if not url.startswith("file:///") or parts.query or parts.fragment:
        return None
    return Path(url2pathname(parts.path))


def pulumi_home(environment: Mapping[str, str]) -> Path:
    """Return the folder in which Pulumi keeps its credentials and its own configuration."""
    if path := environment.get("PULUMI_CREDENTIALS_PATH"):
        return Path(path)
    home = environment.get("PULUMI_HOME")
    return Path(home) if home else Path(environment.get("HOME") or Path.home()) / ".pulumi"


def _logged_in(environment: Mapping[str, str]) -> str:
    try:
        text = (pulumi_home(environment) / "credentials.json").read_text("utf-8")
        current = json.loads(text)["current"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise NotReadable("no login") from error
    if not isinstance(current, str) or not current:
        raise NotReadable("no login")
    return current


def _bucket(url: str, environment: Mapping[str, str]) -> "ObjectStore":
    from llamactl_containers.buckets.address import bucket_address
    from llamactl_containers.buckets.opening import open_bucket

    parts = urlsplit(url)
    query = dict(parse_qsl(parts.query))
    match parts.scheme:
        case "s3" if query.keys() <= _S3_PARAMETERS:
            region = {"AWS_REGION": query["region"]} if "region" in query else {}
            told, environment = "s3", {**environment, **region}
        case "azblob" if query.keys() <= {"storage_account"}:
            account = query.get("storage_account")
            own = {"AZURE_STORAGE_ACCOUNT_NAME": account} if account else {}
            told, environment = "az", {**environment, **own}
        case _:
            raise NotReadable(f"{parts.scheme}:// is read by Pulumi alone")
    try:
        return open_bucket(bucket_address(f"{told}://{parts.netloc}{parts.path}"), environment)
    except LlamactlError as error:
        raise NotReadable(error.message) from error
