"""Which engine runs where: its version, its CUDA, the host's driver, the GPU. Pure."""

from collections.abc import Iterator

from llamactl_catalog.engine_versions import EngineVersion, written
from llamactl_catalog.hardware import Accelerator, InstanceType
from llamactl_catalog.host_images import HostImage, host_image_for, host_images_of
from llamactl_catalog.placement import Quantization


def incompatible_because(
    version: EngineVersion,
    instance_type: InstanceType,
    host: HostImage | None = None,
    quantization: Quantization = "none",
) -> str | None:
    """Say why an engine's image cannot serve on an instance type; None: nothing is against it.

    `host` is the host's image that was chosen; None: `host_image_for` chooses. Where a cloud lets
    nobody choose and does not say what it runs, its driver is no reason.
    """
    return next(_reasons(version, instance_type, host, quantization), None)


def gpu_refusal(version: EngineVersion, accelerator: Accelerator) -> str | None:
    """Say why an engine has no kernels for a GPU; None: it has.

    A GPU runs code for its own compute capability or, of the same major number, an earlier one; and
    code for a later generation is made from the newest that there is (PTX).
    Source: NVIDIA, CUDA C++ Programming Guide, binary and PTX compatibility.
    """
    own = accelerator.compute_capability
    if own > max(version.capabilities):
        return None
    if any(each[0] == own[0] and each <= own for each in version.capabilities):
        return None
    oldest = min(version.capabilities)
    return (
        f"{accelerator.name} has compute capability {written(own)}; "
        f"{version.engine} {version.version} has no kernels for it, "
        f"they begin at {written(oldest)}"
    )


def host_refusal(
    version: EngineVersion, instance_type: InstanceType, host: HostImage
) -> str | None:
    """Say why an engine's image does not run above a host's image; None: it does."""
    if host.cloud != instance_type.cloud or not host.is_for(instance_type.name):
        return f"{host.name} is not for {instance_type.name}"
    if host.cuda < version.cuda:
        return (
            f"{host.name} has driver {host.driver}, for CUDA up to {written(host.cuda)}; "
            f"{version.engine} {version.version} needs CUDA {written(version.cuda)}"
        )
    return None


def _reasons(
    version: EngineVersion,
    instance_type: InstanceType,
    host: HostImage | None,
    quantization: Quantization,
) -> Iterator[str | None]:
    unusable = instance_type.unusable_because
    if unusable is not None and (version.engine == "tgi" or "TGI" not in unusable):
        yield unusable
    if quantization not in version.quantizations:
        yield f"{version.engine} {version.version} has no {quantization}"
    refusal = gpu_refusal(version, instance_type.accelerator)
    if refusal is not None:
        yield refusal
    if host is None:
        host = host_image_for(version, instance_type.cloud, instance_type.name)
    if host is not None:
        refusal = host_refusal(version, instance_type, host)
        if refusal is not None:
            yield refusal
    elif choices := host_images_of(instance_type.cloud):
        newest = max(choices, key=lambda each: each.cuda)
        yield (
            f"no host image for {instance_type.name} has CUDA {written(version.cuda)}, which "
            f"{version.engine} {version.version} needs; the newest, {newest.name}, has "
            f"{written(newest.cuda)}"
        )
