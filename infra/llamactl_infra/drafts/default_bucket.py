"""The account's own bucket for weights: made where it is not there, closed to the public."""

from llamactl_catalog.errors import NoPermission, ProgramMissing
from llamactl_catalog.extras import extra_command
from llamactl_containers.buckets import s3_bucket


def have_bucket(name: str, region: str, account: str) -> None:
    """Have a bucket of the account's own, closed and encrypted.

    Raises:
        NoPermission: it is another's, or may not be made, looked at or closed.
        ProgramMissing: AWS's package is not installed.
    """
    try:
        import boto3  # type: ignore[import-untyped]  # ships no types
        from botocore.exceptions import (  # type: ignore[import-untyped]  # nor does it
            BotoCoreError,
            ClientError,
        )
    except ImportError as error:
        hint = extra_command("aws")
        raise ProgramMissing("the package boto3 is not installed", hint=hint) from error
    client = boto3.Session(region_name=region).client("s3", region_name=region)
    try:
        s3_bucket.have_bucket(client, name, region, account)
    except (ClientError, BotoCoreError) as error:
        hint = "name a bucket of yours: --weights s3://bucket/prefix; docs/aws.md has the policies"
        raise NoPermission(f"the bucket {name} cannot be used: {error}", hint=hint) from error
