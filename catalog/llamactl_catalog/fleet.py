"""What a fleet of instances has no room for: files on its disks, and instances beyond a limit."""

from llamactl_catalog.clouds import Cloud
from llamactl_catalog.hardware import InstanceType
from llamactl_catalog.units import GB


def disk_shortage(needed_bytes: int, instance_type: InstanceType) -> str | None:
    """Say how much disk a replica lacks; None: it lacks none, or none is known.

    An instance type with a disk of its own has that disk and can be given no other; to one without,
    a volume of the needed size is attached. Sources: the clouds' volume rules as in
    sagemaker-core 2.27.0, common_utils.volume_size_supported; for the other cloud
    MicrosoftDocs/azure-ai-docs, how-to-troubleshoot-online-endpoints, "Disk quota", 2024-09-18:
    take a size with more disk, or less model and image.
    """
    has_bytes = instance_type.disk_bytes
    if has_bytes is None or needed_bytes <= has_bytes:
        return None
    needs = f"needs {-(-needed_bytes // GB)} GB of disk for weights and image"
    return f"{needs}, has {has_bytes // GB} GB"


def excess(instances: int, cloud: Cloud | None) -> str | None:
    """Say that a deployment would have more instances than the service takes; None: it has not."""
    most = None if cloud is None else cloud.max_instances
    if cloud is None or most is None or instances <= most:
        return None
    return f"needs {instances} instances, {cloud.service} takes at most {most} in a deployment"
