"""Opening a container of Azure Blob Storage."""

from collections.abc import Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Any

from llamactl_catalog.errors import InvalidInput
from llamactl_containers.buckets.address import BucketAddress
from llamactl_containers.buckets.environment import checked_endpoint, endpoint, first

if TYPE_CHECKING:
    from obstore.store import ClientConfig, ObjectStore

_CONNECTION = "AZURE_STORAGE_CONNECTION_STRING"
_ACCOUNTS = ("AZURE_STORAGE_ACCOUNT_NAME", "AZURE_STORAGE_ACCOUNT")
_ENDPOINTS = ("AZURE_STORAGE_ENDPOINT", "AZURE_ENDPOINT")
# What the library reads by itself.
_OWN_CREDENTIALS = (
    "AZURE_STORAGE_ACCOUNT_KEY",
    "AZURE_STORAGE_ACCESS_KEY",
    "AZURE_STORAGE_SAS_KEY",
    "AZURE_STORAGE_SAS_TOKEN",
    "AZURE_STORAGE_TOKEN",
    "AZURE_FEDERATED_TOKEN_FILE",
)


def open_blob(address: BucketAddress, environment: Mapping[str, str]) -> "ObjectStore":
    """Open a container with the credentials of the environment, or of whoever is logged in.

    Raises:
        InvalidInput: no storage account is named, or the endpoint is no address.
    """
    from obstore.store import AzureStore

    options = _connection_options(environment.get(_CONNECTION, ""))
    account = options.pop("account_name", None) or first(environment, _ACCOUNTS)
    if account is None:
        hint = "set AZURE_STORAGE_ACCOUNT_NAME, or AZURE_STORAGE_CONNECTION_STRING"
        raise InvalidInput(f"{address}: no storage account is named", hint=hint)
    custom = endpoint(environment, _ENDPOINTS)
    if "endpoint" in options:
        custom = checked_endpoint(options["endpoint"], f"BlobEndpoint of {_CONNECTION}")
    over_http = custom is not None and custom.startswith("http://")
    if custom is not None:
        options["endpoint"] = custom
    if not options.keys() & {"account_key", "sas_key"} and not first(environment, _OWN_CREDENTIALS):
        options |= _identity()
    client: ClientConfig = {"allow_http": over_http, "timeout": "10m", "read_timeout": "60s"}
    return AzureStore(
        address.bucket,
        account_name=account,
        prefix=address.prefix or None,
        client_options=client,
        **options,
    )


def _connection_options(text: str) -> dict[str, Any]:
    """Read a connection string as the portal gives it: `AccountName=…;AccountKey=…;…`."""
    names = {
        "AccountName": "account_name",
        "AccountKey": "account_key",
        "BlobEndpoint": "endpoint",
        "SharedAccessSignature": "sas_key",
    }
    pairs = (each.partition("=") for each in text.split(";") if each)
    return {names[name]: value for name, _, value in pairs if name in names}


def _identity() -> dict[str, Any]:
    """Let the SDK find who is logged in, where it is installed."""
    try:
        credential = import_module("azure.identity").DefaultAzureCredential()
    except ImportError:
        return {}
    from obstore.auth.azure import AzureCredentialProvider

    return {"credential_provider": AzureCredentialProvider(credential)}
