"""Amazon's registry: the login through boto3, and the repository, made where it is missing."""

import base64
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from llamactl_catalog.errors import NoPermission, ProgramMissing, Unhealthy
from llamactl_catalog.extras import extra_command
from llamactl_containers.registries.credentials import Login

# Source: Amazon ECR user guide, "Private registries", and its endpoints by partition, read 2026-11.
_HOST = re.compile(
    r"(?P<account>\d{12})\.dkr[.-]ecr(-fips)?\.(?P<region>[a-z0-9-]+)"
    r"\.(amazonaws\.com(\.cn)?|on\.aws|on\.amazonwebservices\.com\.cn)"
)
_TAGS = [{"Key": "llamactl", "Value": "image"}]
_DENIED = ("AccessDenied", "Unauthorized", "UnrecognizedClient", "ExpiredToken", "InvalidClient")


@dataclass(frozen=True, slots=True)
class EcrAddress:
    """The account and the region that a registry's host names."""

    account: str
    region: str


def ecr_of(host: str) -> EcrAddress | None:
    """Read an address of ECR; None: it is another registry's."""
    found = _HOST.fullmatch(host)
    return None if found is None else EcrAddress(found["account"], found["region"])


class Ecr:
    """One account's registry in one region."""

    def __init__(self, address: EcrAddress) -> None:
        self._address = address

    def login(self) -> Login:
        """Give a login that holds for twelve hours.

        Raises:
            NoPermission: there are no credentials, or they may not do this.
        """
        with told_by_aws("ecr:GetAuthorizationToken"):
            answer = self._client().get_authorization_token(registryIds=[self._address.account])
        token = answer["authorizationData"][0]["authorizationToken"]
        name, _, password = base64.b64decode(token).decode().partition(":")
        return Login(name, password)

    def have_repository(self, repository: str) -> bool:
        """Make the repository if there is none: scanned on push, and its tags cannot be moved.

        True: it was made. One that is there stays as it is.

        Raises:
            NoPermission: these credentials may not.
        """
        client = self._client()
        with told_by_aws("ecr:CreateRepository"):
            try:
                client.describe_repositories(
                    registryId=self._address.account, repositoryNames=[repository]
                )
            except client.exceptions.RepositoryNotFoundException:
                pass
            else:
                return False
            try:
                client.create_repository(
                    registryId=self._address.account,
                    repositoryName=repository,
                    imageScanningConfiguration={"scanOnPush": True},
                    imageTagMutability="IMMUTABLE",
                    tags=_TAGS,
                )
            except client.exceptions.RepositoryAlreadyExistsException:
                return False
        return True

    def digest(self, repository: str, tag: str) -> str | None:
        """Give the digest that a tag stands for, by the API of the account."""
        client = self._client()
        missing = (
            client.exceptions.ImageNotFoundException,
            client.exceptions.RepositoryNotFoundException,
        )
        with told_by_aws("ecr:DescribeImages"):
            try:
                answer = client.describe_images(
                    registryId=self._address.account,
                    repositoryName=repository,
                    imageIds=[{"imageTag": tag}],
                )
            except missing:
                return None
        return str(answer["imageDetails"][0]["imageDigest"])

    def remove_tag(self, repository: str, tag: str) -> None:
        """Take a tag away; the image stays under its others."""
        with told_by_aws("ecr:BatchDeleteImage"):
            self._client().batch_delete_image(
                registryId=self._address.account,
                repositoryName=repository,
                imageIds=[{"imageTag": tag}],
            )

    def _client(self) -> Any:
        return aws_client("ecr", self._address.region)


def aws_client(service: str, region: str) -> Any:
    """Give a client of one AWS service.

    Raises:
        ProgramMissing: boto3 is not installed.
        NoPermission: the profile that is named is not there.
    """
    try:
        from boto3 import Session  # type: ignore[import-untyped]  # ships no types
        from botocore.config import Config  # type: ignore[import-untyped]  # ships no types
    except ImportError as error:
        hint = extra_command("aws")
        raise ProgramMissing("AWS needs the extra 'aws'", hint=hint) from error
    with told_by_aws(f"a client of {service}"):
        config = Config(retries={"mode": "standard", "max_attempts": 4})
        return Session(region_name=region).client(service, config=config)


@contextmanager
def told_by_aws(what: str) -> Iterator[None]:
    """Turn what AWS says into what the user can do about it; `what` is what was asked of it.

    Raises:
        NoPermission: no credentials, or they may not do this.
        Unhealthy: anything else that AWS refuses, or the network.
    """
    from botocore import exceptions  # type: ignore[import-untyped]  # ships no types

    try:
        yield
    except (exceptions.NoCredentialsError, exceptions.PartialCredentialsError) as error:
        hint = "set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY; or aws configure"
        raise NoPermission("no credentials of AWS are to be found", hint=hint) from error
    except exceptions.ClientError as error:
        code, said = str(error.response["Error"].get("Code")), str(error)
        if any(each in code for each in _DENIED):
            hint = f"grant {what} to these credentials, or use others"
            raise NoPermission(f"AWS refuses {what}: {said}", hint=hint) from error
        raise Unhealthy(f"AWS fails at {what}: {said}", hint="run it again") from error
    except exceptions.BotoCoreError as error:
        hint = "check the region, the profile and the network"
        raise Unhealthy(f"AWS does not answer {what}: {error}", hint=hint) from error
