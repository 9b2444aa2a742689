"""Which engine runs where: its version, its CUDA, the host's driver, the GPU. Pure."""

from collections.abc import Iterator, Sequence

from llamactl_catalog.engine_versions import EngineVersion, written
from llamactl_catalog.hardware import Accelerator, InstanceType
from llamactl_catalog.host_images import HostImage, host_image_for, host_images_of
from llamactl_catalog.placement import Quantization

# What accelerators.csv has for what runs no CUDA at all.
_NO_CUDA = (0, 0)
# The first CUDA whose compiler and libraries know Blackwell: what was built with an older one has
# libraries without code for it. Sources: NVIDIA, CUDA 12.8 release notes, "New Features";
# huggingface/text-generation-inference, issue 3342: 3.3 fails on 12.0.
_BLACKWELL, _BLACKWELL_CUDA = (10, 0), (12, 8)


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
    reasons = _reasons(version, instance_type, host, quantization)
    return next((each for each in reasons if each is not None), None)


def gpu_refusal(version: EngineVersion, accelerator: Accelerator) -> str | None:
    """Say why an engine has no kernels for a GPU; None: it has.

    A GPU runs code for its own compute capability or, of the same major number, an earlier one; and
    code for a later generation is made from the newest that there is (PTX).
    Source: NVIDIA, CUDA C++ Programming Guide, binary and PTX compatibility.
    """
    own, name = accelerator.compute_capability, f"{version.engine} {version.version}"
    if own == _NO_CUDA:
        return f"{accelerator.name} runs no CUDA, and llamactl has no image of {name} for it"
    if own >= _BLACKWELL and version.cuda < _BLACKWELL_CUDA:
        return (
            f"{accelerator.name} needs CUDA {written(_BLACKWELL_CUDA)} or later, "
            f"{name} has {written(version.cuda)}"
        )
    if own > max(version.capabilities):
        return None
    if any(each[0] == own[0] and each <= own for each in version.capabilities):
        return None
    return (
        f"{accelerator.name} has compute capability {written(own)}; {name} has no kernels for it, "
        f"they begin at {written(min(version.capabilities))}"
    )


def quantization_refusal(version: EngineVersion, quantization: Quantization) -> str | None:
    """Say that an engine's version does not have a quantization; None: it has."""
    if quantization in version.quantizations:
        return None
    return f"{version.engine} {version.version} has no {quantization}"


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
    yield instance_type.unusable_because
    yield quantization_refusal(version, quantization)
    yield gpu_refusal(version, instance_type.accelerator)
    if host is None:
        host = host_image_for(version, instance_type.cloud, instance_type.name)
    if host is not None:
        yield host_refusal(version, instance_type, host)
    elif choices := host_images_of(instance_type.cloud):
        yield _no_host(version, instance_type, choices)


def _no_host(
    version: EngineVersion, instance_type: InstanceType, choices: Sequence[HostImage]
) -> str:
    own = [each for each in choices if each.is_for(instance_type.name)]
    told = f"no host image for {instance_type.name}"
    if not own:
        return f"{told} is on record"
    newest = max(own, key=lambda each: each.cuda)
    return (
        f"{told} has CUDA {written(version.cuda)}, which {version.engine} {version.version} needs; "
        f"the newest, {newest.name}, has {written(newest.cuda)}"
    )
