"""The account's own bucket for weights: made where it is not there, closed to the public."""

from typing import Any

from llamactl_catalog.errors import NoPermission, ProgramMissing

_FIRST_REGION = "us-east-1"  # the one that S3 refuses to be told of
_NOT_THERE = {"404", "NoSuchBucket"}


def have_bucket(name: str, region: str, account: str) -> None:
    """Have a bucket of the account's own.

    One of that name may be another account's, who would read what is put there: it is asked for by
    its owner.

    Raises:
        NoPermission: it is another's, or may not be made or looked at.
        ProgramMissing: AWS's package is not installed.
    """
    try:
        import boto3  # type: ignore[import-untyped]  # ships no types
        from botocore.exceptions import (  # type: ignore[import-untyped]  # nor does it
            BotoCoreError,
            ClientError,
        )
    except ImportError as error:
        hint = "pip install 'llamactl[aws]'"
        raise ProgramMissing("the package boto3 is not installed", hint=hint) from error
    store = boto3.Session(region_name=region).client("s3", region_name=region)
    try:
        if not _is_there(store, name, account, ClientError):
            _make(store, name, region)
    except (ClientError, BotoCoreError) as error:
        hint = "name a bucket of yours: --weights s3://bucket/prefix; docs/aws.md has the policies"
        raise NoPermission(f"the bucket {name} cannot be used: {error}", hint=hint) from error


def _is_there(store: Any, name: str, account: str, refused: type[Exception]) -> bool:
    try:
        store.head_bucket(Bucket=name, ExpectedBucketOwner=account)
    except refused as error:
        if error.response["Error"]["Code"] in _NOT_THERE:  # type: ignore[attr-defined]  # botocore's own
            return False
        raise
    return True


def _make(store: Any, name: str, region: str) -> None:
    where = {} if region == _FIRST_REGION else {"LocationConstraint": region}
    store.create_bucket(Bucket=name, **({"CreateBucketConfiguration": where} if where else {}))
    closed = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")
    store.put_public_access_block(
        Bucket=name, PublicAccessBlockConfiguration=dict.fromkeys(closed, True)
    )
