"""Opening a bucket of S3 or of what speaks its protocol."""

import re
from collections.abc import Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Any

from llamactl_catalog.errors import NoPermission
from llamactl_containers.buckets.address import BucketAddress
from llamactl_containers.buckets.environment import endpoint, first

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
# Codes of the service, and what the library says of a redirect that leads nowhere.
_ELSEWHERE = (
    "<Code>PermanentRedirect<",
    "<Code>AuthorizationHeaderMalformed<",
    "configured region",
)
_DEFAULT_REGION = "us-east-1"
_ASK_TIMEOUT_S = 10.0


def open_s3(address: BucketAddress, environment: Mapping[str, str]) -> "ObjectStore":
    """Open a bucket with the credentials of the environment, or of the profile that is in force.

    The payload of an upload is left unsigned over https, as TLS guards it already; over http only
    where AWS_UNSIGNED_PAYLOAD=true says so. What is uploaded is verified by its digest either way.

    Raises:
        NoPermission: no credentials are to be found.
        InvalidInput: the endpoint is no address.
    """
    from obstore.store import S3Store

    custom = endpoint(environment, _ENDPOINTS)
    over_http = custom is not None and custom.startswith("http://")
    told = environment.get("AWS_UNSIGNED_PAYLOAD", "").lower() in {"1", "true", "yes"}
    options: dict[str, Any] = {
        "region": _region(address.bucket, custom, environment),
        "unsigned_payload": told or not over_http,
        "client_options": {"allow_http": over_http, "timeout": "10m", "read_timeout": "60s"},
    }
    if custom is not None:
        options |= {"endpoint": custom, "virtual_hosted_style_request": False}
    provider = None if first(environment, _OWN_CREDENTIALS) else _profile()
    if provider is not None:
        options["credential_provider"] = provider
    return S3Store(address.bucket, prefix=address.prefix or None, **options)


def other_region(text: str) -> str | None:
    """Give the way out where an error says that the bucket is in another region; None: it is not.

    Source: AWS "Amazon S3 error responses", read 2026-11-22.
    """
    if not any(each in text for each in _ELSEWHERE):
        return None
    region = re.search(r"<Region>([a-z0-9-]+)</Region>", text)
    hint = "set AWS_REGION to the bucket's own"
    return hint if region is None else f"{hint}: {region[1]}"


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


def _region(bucket: str, custom: str | None, environment: Mapping[str, str]) -> str:
    """Give the bucket's own region: a request to another one is refused."""
    named = first(environment, _REGIONS)
    if custom is not None or not re.fullmatch(r"[a-z0-9.-]+", bucket):
        return named or _DEFAULT_REGION
    import httpx

    try:
        answer = httpx.head(f"https://s3.amazonaws.com/{bucket}", timeout=_ASK_TIMEOUT_S)
    except httpx.HTTPError:  # told when the bucket is used
        return named or _DEFAULT_REGION
    return answer.headers.get("x-amz-bucket-region") or named or _DEFAULT_REGION
