"""Where staged weights are: a folder of a storage account, or a path of a datastore."""

import re
from dataclasses import dataclass

DATASTORE = "azureml://"
# Names of accounts and containers. Source: Azure, resource-name-rules, Microsoft.Storage.
_BLOBS = re.compile(r"https://([a-z0-9]{3,24})\.blob\.([a-z0-9.]+)/([a-z0-9$-]{3,63})(?:/(.*))?")


@dataclass(frozen=True, slots=True)
class BlobFolder:
    """A folder of a container; `host` is what follows "blob." in its address."""

    account: str
    host: str
    container: str
    path: str


def blob_folder(uri: str) -> BlobFolder | None:
    """Read the address of a folder of blobs; None: it is not one."""
    found = _BLOBS.fullmatch(uri)
    if found is None:
        return None
    account, host, container, path = found.groups()
    return BlobFolder(account, host, container, (path or "").strip("/"))


def is_place(uri: str) -> bool:
    """Tell whether a model can be registered from there."""
    in_datastore = uri.startswith(DATASTORE) and "/datastores/" in uri and "/paths" in uri
    return in_datastore or blob_folder(uri) is not None
