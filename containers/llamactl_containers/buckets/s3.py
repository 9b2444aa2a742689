"""Opening a bucket of S3 or of what speaks its protocol."""

import re
from collections.abc import Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Any

from llamactl_catalog.errors import NoPermission
from llamactl_containers.buckets.address import BucketAddress

if TYPE_CHECKING:
    from obstore.store import ObjectStore

_ENDPOINTS = ("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL", "AWS_ENDPOINT")
_REGIONS = ("AWS_REGION", "AWS_DEFAULT_REGION")
# What the library reads by itself: keys, a role of the pod or the task, a web identity.
_OWN_CREDENTIALS = (
    "AWS_ACCESS_KEY_ID",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
)
_DEFAULT_REGION = "us-east-1"
_ASK_TIMEOUT_S = 10.0


def open_s3(address: BucketAddress, environment: Mapping[str, str]) -> "ObjectStore":
    """Open a bucket with the credentials of the environment, or of the profile that is in force.

    The payload of an upload is left unsigned over https, as TLS guards it already; over http only
    where AWS_UNSIGNED_PAYLOAD=true says so. What is uploaded is verified by its digest either way.

    Raises:
        NoPermission: no credentials are to be found.
    """
    from obstore.store import S3Store

    endpoint = _first(environment, _ENDPOINTS)
    over_http = endpoint is not None and endpoint.startswith("http://")
    told = environment.get("AWS_UNSIGNED_PAYLOAD", "").lower() in {"1", "true", "yes"}
    options: dict[str, Any] = {
        "region": _region(address.bucket, endpoint, environment),
        "unsigned_payload": told or not over_http,
        "client_options": {"allow_http": over_http, "timeout": "10m", "read_timeout": "60s"},
    }
    if endpoint is not None:
        options |= {"endpoint": endpoint, "virtual_hosted_style_request": False}
    provider = None if _first(environment, _OWN_CREDENTIALS) else _profile()
    if provider is not None:
        options["credential_provider"] = provider
    return S3Store(address.bucket, prefix=address.prefix or None, **options)


def _profile() -> Any:
    """Give the credentials of the profile, by the SDK where it is installed."""
    try:
        session = import_module("boto3").Session()
    except ImportError:
        return None
    from obstore.auth.boto3 import Boto3CredentialProvider

    if session.get_credentials() is None:
        hint = "set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY; or aws configure"
        raise NoPermission("no credentials of AWS are to be found", hint=hint)
    return Boto3CredentialProvider(session)


def _region(bucket: str, endpoint: str | None, environment: Mapping[str, str]) -> str:
    """Give the bucket's own region: a request to another one is refused."""
    named = _first(environment, _REGIONS)
    if endpoint is not None or not re.fullmatch(r"[a-z0-9.-]+", bucket):
        return named or _DEFAULT_REGION
    import httpx

    try:
        answer = httpx.head(f"https://s3.amazonaws.com/{bucket}", timeout=_ASK_TIMEOUT_S)
    except httpx.HTTPError:  # told when the bucket is used
        return named or _DEFAULT_REGION
    return answer.headers.get("x-amz-bucket-region") or named or _DEFAULT_REGION


def _first(environment: Mapping[str, str], names: tuple[str, ...]) -> str | None:
    return next((environment[name] for name in names if environment.get(name)), None)
