"""Partitions, registries and buckets, by the names that AWS gives them."""

import re
from dataclasses import dataclass
from functools import cache

from llamactl_catalog.ready_images import ReadyImage, ready_images, registry_hosts

CLOUD = "aws"
_ECR = re.compile(
    r"(?P<account>\d{12})\.dkr\.ecr\.(?P<region>[a-z0-9-]+)\.amazonaws\.com(\.cn)?"
    r"/(?P<repository>[^@:]+)(:(?P<tag>[^@]+))?(@(?P<digest>sha256:[0-9a-f]{64}))?"
)
_S3 = re.compile(r"s3://(?P<bucket>[a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(/(?P<prefix>.*))?")
_TRAITS = (("cn-", "aws-cn", "amazonaws.com.cn"), ("us-gov-", "aws-us-gov", "amazonaws.com"))
_CONSOLES = (("cn-", "console.amazonaws.cn"), ("us-gov-", "console.amazonaws-us-gov.com"))


@dataclass(frozen=True, slots=True)
class EcrImage:
    """An image in ECR; of a cloud's ready ones it is named by its tag, else by its digest."""

    account: str
    region: str
    repository: str
    tag: str | None
    digest: str | None


@dataclass(frozen=True, slots=True)
class S3Prefix:
    """A folder of a bucket: the prefix ends with a slash, or is empty."""

    bucket: str
    prefix: str

    @property
    def uri(self) -> str:
        """Give it as an address."""
        return f"s3://{self.bucket}/{self.prefix}"


def partition(region: str) -> str:
    """Give the partition that a region's ARNs begin with."""
    return next((name for prefix, name, _ in _TRAITS if region.startswith(prefix)), "aws")


def dns_suffix(region: str) -> str:
    """Give what the hosts of a region's services end with."""
    return next((host for prefix, _, host in _TRAITS if region.startswith(prefix)), "amazonaws.com")


def console_host(region: str) -> str:
    """Give what the host of a region's console ends with."""
    named = (host for prefix, host in _CONSOLES if region.startswith(prefix))
    return next(named, "console.aws.amazon.com")


def invocations_url(name: str, region: str) -> str:
    """Give the address that an endpoint's requests go to."""
    return f"https://runtime.sagemaker.{region}.{dns_suffix(region)}/endpoints/{name}/invocations"


def ecr_image(reference: str) -> EcrImage | None:
    """Read a reference to an image in ECR; None: it is of another registry."""
    found = _ECR.fullmatch(reference)
    if found is None:
        return None
    return EcrImage(**found.groupdict())


def s3_prefix(uri: str) -> S3Prefix | None:
    """Read the address of a folder in S3; None: it is none."""
    found = _S3.fullmatch(uri)
    if found is None:
        return None
    prefix = (found["prefix"] or "").strip("/")
    return S3Prefix(found["bucket"], f"{prefix}/" if prefix else "")


@cache
def ready_image_of(reference: str) -> ReadyImage | None:
    """Find the ready image that a reference with a tag is to; None: there is none on record."""
    image = ecr_image(reference)
    matching = (each for each in _ready_in(reference) if image and each.tag == image.tag)
    return next(matching, None)


def is_ready_image(reference: str) -> bool:
    """Tell whether an image is one of AWS's own, by its tag or by the digest that it has.

    A digest does not say which version it is: of such an image the spec does.
    """
    image = ecr_image(reference)
    if image is None or image.digest is None:
        return ready_image_of(reference) is not None
    return bool(_ready_in(reference))


def _ready_in(reference: str) -> list[ReadyImage]:
    """Give the ready images of a reference's repository; []: it is one's own."""
    image = ecr_image(reference)
    host = reference.partition("/")[0]
    if image is None or registry_hosts().get((CLOUD, image.region)) != host:
        return []
    return [
        each
        for each in ready_images()
        if (each.cloud, each.repository) == (CLOUD, image.repository)
    ]
