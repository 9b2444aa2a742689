"""Whether the image and the weights of a spec lie where SageMaker is to fetch them."""

from llamactl_catalog.engine_versions import written
from llamactl_catalog.errors import InvalidInput, LlamactlError, NotFound
from llamactl_catalog.host_images import host_images_of
from llamactl_infra.clouds.aws.asked import Asked
from llamactl_infra.clouds.aws.disks import disk_of
from llamactl_infra.clouds.aws.host_image import engine_of, inference_ami
from llamactl_infra.clouds.aws.places import CLOUD, ecr_image, is_ready_image, s3_prefix
from llamactl_infra.live.aws.asking import Absent, Clients, told
from llamactl_infra.live.cloud import Account, Finding
from llamactl_infra.spec import Spec

IMAGE = "image"
HOST_IMAGE = "host image"
DISK = "disk"
WEIGHTS = "weights"
# Source: OCI image specification and Docker's "Image manifest v2, schema 2".
_MANIFESTS = [
    "application/vnd.docker.distribution.manifest.v2+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.oci.image.index.v1+json",
]


def host_image_finding(spec: Spec) -> Finding:
    """Tell whether a host's driver runs the image's CUDA."""
    if spec.instance_type is None:
        return Finding(HOST_IMAGE, "unknown", "no instance type is chosen")
    try:
        name, version = inference_ami(spec, spec.instance_type), engine_of(spec)
    except LlamactlError as error:
        return Finding(HOST_IMAGE, "failed", error.message, error)
    known = next((each for each in host_images_of(CLOUD) if each.name == name), None)
    if known is None:  # one of your own, that is newer than the record
        return Finding(HOST_IMAGE, "unknown", f"{name}: its driver is not on record")
    needs = f"{spec.engine} {version.version} needs CUDA {written(version.cuda)}"
    if known.cuda < version.cuda:
        said = f"{name} runs CUDA up to {written(known.cuda)}, and {needs}"
        hint = "leave sagemaker.inference_ami out: one that fits is chosen"
        return Finding(HOST_IMAGE, "failed", said, InvalidInput(said, hint=hint))
    said = f"{name}: driver {known.driver} runs CUDA {written(known.cuda)}; {needs}"
    return Finding(HOST_IMAGE, "ok", said)


def disk_finding(spec: Spec) -> Finding | None:
    """Say that no volume is asked for where it is not on record; None: it is."""
    if spec.instance_type is None or disk_of(spec.instance_type) != "unknown":
        return None
    said = (
        f"whether {spec.instance_type} has a disk of its own is not on record: no volume is asked "
        "for, and the service's default must hold image and weights"
    )
    return Finding(DISK, "unknown", said)


def image_finding(clients: Clients, asked: Asked, account: Account) -> Finding | None:
    """Tell whether an image is in ECR; None: it is AWS's own, or of another registry.

    Raises:
        LlamactlError: ECR does not tell.
    """
    image = ecr_image(asked.image)
    if image is None or is_ready_image(asked.image):
        return None
    wanted = {"imageDigest": image.digest} if image.digest else {"imageTag": image.tag or "latest"}
    client = clients.of("ecr", image.region)
    try:
        with told("ecr:DescribeImages"):
            client.describe_images(
                registryId=image.account, repositoryName=image.repository, imageIds=[wanted]
            )
    except Absent as error:
        said = f"{asked.image} is not in ECR of {image.account}, {image.region}"
        hint = "llamactl image push puts it there"
        return Finding(IMAGE, "failed", said, _not_found(said, hint, error))
    where = "" if image.account == account.id else f" of account {image.account}"
    return Finding(IMAGE, "ok", f"{image.repository} is in ECR{where}")


def image_digest(clients: Clients, reference: str) -> str | None:
    """Give the digest that an image's tag stands for; None: its registry does not tell.

    Of the image itself, as whoever pulls it asks: AWS's registries let all accounts pull, and no
    account but their own list. Source: AWS Deep Learning Containers developer guide.
    """
    image = ecr_image(reference)
    if image is None or image.tag is None:
        return None
    try:
        with told("ecr:BatchGetImage"):
            answer = clients.of("ecr", image.region).batch_get_image(
                registryId=image.account,
                repositoryName=image.repository,
                imageIds=[{"imageTag": image.tag}],
                acceptedMediaTypes=_MANIFESTS,
            )
    except (Absent, LlamactlError):
        return None
    digests = [each["imageId"].get("imageDigest") for each in answer.get("images", ())]
    return next((str(each) for each in digests if each), None)


def weights_finding(clients: Clients, asked: Asked) -> Finding | None:
    """Tell whether weights lie under the prefix; None: the engine fetches them from the Hub.

    Raises:
        LlamactlError: S3 does not tell.
    """
    uri = asked.spec.weights_uri
    place = None if uri is None else s3_prefix(uri)
    if place is None:
        return None
    client = clients.within("s3", asked.spec)
    try:
        with told("s3:ListBucket"):
            region = client.head_bucket(Bucket=place.bucket).get("BucketRegion")
            found = client.list_objects_v2(Bucket=place.bucket, Prefix=place.prefix, MaxKeys=1)
    except Absent as error:
        said = f"there is no bucket {place.bucket}"
        hint = "llamactl weights stage fills one that is there"
        return Finding(WEIGHTS, "failed", said, _not_found(said, hint, error))
    if region not in {None, asked.region}:
        said = f"the bucket {place.bucket} is in {region}, and the endpoint in {asked.region}"
        hint = "SageMaker reads weights of its own region alone"
        return Finding(WEIGHTS, "failed", said, InvalidInput(said, hint=hint))
    if not found.get("KeyCount"):
        said = f"nothing lies at {place.uri}"
        hint = f"llamactl weights stage {asked.spec.model} --to {place.uri}"
        return Finding(WEIGHTS, "failed", said, NotFound(said, hint=hint))
    return Finding(WEIGHTS, "ok", f"{place.uri} is there")


def _not_found(said: str, hint: str, error: Exception) -> NotFound:
    found = NotFound(said, hint=hint)
    found.__cause__ = error
    return found
