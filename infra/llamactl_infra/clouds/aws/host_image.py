"""The host's image, always named: the default's driver may be older than the container's CUDA."""

from llamactl_catalog.engine_versions import EngineVersion, engine_version, written
from llamactl_catalog.errors import InvalidInput
from llamactl_catalog.host_images import host_image_for
from llamactl_infra.clouds.aws.places import CLOUD, ready_image_of
from llamactl_infra.spec import Spec


def inference_ami(spec: Spec, instance_type: str) -> str:
    """Give the spec's own host image, or the oldest that runs its engine.

    Raises:
        InvalidInput: none on record is new enough, or the engine's version is unknown.
    """
    own = None if spec.sagemaker is None else spec.sagemaker.inference_ami
    if own is not None:
        return own
    version = engine_of(spec)
    found = host_image_for(version, CLOUD, instance_type)
    if found is None:
        raise InvalidInput(
            f"no host image on record runs CUDA {written(version.cuda)} on {instance_type}",
            hint="set sagemaker.inference_ami to one that does",
        )
    return found.name


def engine_of(spec: Spec) -> EngineVersion:
    """Give the engine's version: that of a ready image, else the spec's own.

    Raises:
        InvalidInput: it is unknown.
    """
    ready = None if spec.image is None else ready_image_of(spec.image)
    version = ready.version if ready is not None else spec.engine_version
    return engine_version(spec.engine if version is None else f"{spec.engine}@{version}")
