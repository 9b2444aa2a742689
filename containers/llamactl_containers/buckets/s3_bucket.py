"""A bucket of S3 that llamactl makes for itself: found or made, and closed, at each run.

New buckets are closed, encrypted and without ACLs by S3's own defaults since 2023. What of it a
bucket does not tell is set again: an older one, or one whose making was cut off, is completed by
the next run. Source: Amazon S3 user guide, "Default settings for new S3 buckets FAQ", read
2026-11-30.
"""

from collections.abc import Callable
from typing import Any

_FIRST_REGION = "us-east-1"  # the one that S3 refuses to be told of
_NOT_THERE = {"404", "NoSuchBucket"}
_UNSET = {
    "NoSuchPublicAccessBlockConfiguration",
    "ServerSideEncryptionConfigurationNotFoundError",
    "NoSuchLifecycleConfiguration",
}
_CLOSED = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")


def have_bucket(client: Any, name: str, region: str, account: str) -> None:
    """Have a bucket of the account's own, closed and encrypted; what it has set is left as it is.

    One of that name may be another account's, who would read what is put there: it is asked for by
    its owner.

    Raises:
        ClientError: it is another's, or may not be made, looked at or closed.
    """
    if not _is_there(client, name, account):
        where = {} if region == _FIRST_REGION else {"LocationConstraint": region}
        client.create_bucket(Bucket=name, **({"CreateBucketConfiguration": where} if where else {}))
    own = {"Bucket": name, "ExpectedBucketOwner": account}
    have_set(
        lambda: client.get_public_access_block(**own),
        lambda: client.put_public_access_block(
            **own, PublicAccessBlockConfiguration=dict.fromkeys(_CLOSED, True)
        ),
    )
    rule = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}
    have_set(
        lambda: client.get_bucket_encryption(**own),
        lambda: client.put_bucket_encryption(
            **own, ServerSideEncryptionConfiguration={"Rules": [rule]}
        ),
    )


def have_set(look: Callable[[], object], put: Callable[[], object]) -> None:
    """Set what a bucket says that it has not.

    Raises:
        ClientError: it may not be looked at or set.
    """
    from botocore.exceptions import ClientError  # type: ignore[import-untyped]  # ships no types

    try:
        look()
    except ClientError as error:
        if error.response["Error"]["Code"] not in _UNSET:
            raise
        put()


def _is_there(client: Any, name: str, account: str) -> bool:
    from botocore.exceptions import ClientError

    try:
        client.head_bucket(Bucket=name, ExpectedBucketOwner=account)
    except ClientError as error:
        if error.response["Error"]["Code"] in _NOT_THERE:
            return False
        raise
    return True
