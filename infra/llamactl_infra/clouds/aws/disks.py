"""Which instance types have a disk of their own: a volume may be asked for on no other."""

import re

from llamactl_catalog.units import GB

MAX_VOLUME_GB = 512
"""Source: botocore 1.44.5, ProductionVariant.VolumeSizeInGB."""

_OWN_DISK = re.compile(
    r"ml\.([a-z]+\d+[a-z]*d[a-z]*|g[56][a-z]*|g7e|p5[a-z]*|p6-[a-z0-9]+|trn[12][a-z]*)\..+"
)
_IMAGE_GB = 40
_SPARE = 1.2


def has_own_disk(instance_type: str) -> bool:
    """Tell whether the service refuses VolumeSizeInGB, and an encryption key for the volume.

    Source: sagemaker-core 2.27.0, common_utils.volume_size_supported.
    """
    return _OWN_DISK.fullmatch(instance_type) is not None


def volume_gb(instance_type: str, weights_bytes: int | None, asked_gb: int | None) -> int | None:
    """Give the size of the volume; None: none may be asked for, or its default will do.

    Weights with a fifth to spare, and 40 GB for an image of this kind unpacked with its caches.
    """
    if has_own_disk(instance_type):
        return None
    if asked_gb is not None or weights_bytes is None:
        return asked_gb
    return min(MAX_VOLUME_GB, _IMAGE_GB + int(-(-weights_bytes * _SPARE // GB)))
