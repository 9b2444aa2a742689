"""Which instance types have a disk of their own: a volume may be asked for on no other."""

import re
from typing import Literal

from llamactl_catalog.units import GB

Disk = Literal["own", "volume", "unknown"]

MAX_VOLUME_GB = 512
"""Source: botocore 1.43.117, ProductionVariant.VolumeSizeInGB."""

# By family. Source: Amazon EC2 user guide, "Instance store volumes", for all with a "d" in their
# name; sagemaker-core 2.27.0, common_utils.volume_size_supported, for the others.
_OWN_DISK = re.compile(r"[a-z]+\d+[a-z]*d[a-z]*|g[56][a-z]*|g7e|p5[a-z]*|p6-b[23]00|trn1n?|trn2")
_VOLUME = re.compile(r"[cmr][4-8][gi]?n?|t2|p[23]|inf[12]")
_FAMILY = re.compile(r"ml\.([a-z0-9-]+)\..+")
_IMAGE_GB = 40
_SPARE = 1.2


def disk_of(instance_type: str) -> Disk:
    """Tell what a container's disk is: the instance's own, a volume, or not on record.

    On a disk of its own the service refuses VolumeSizeInGB, and an encryption key for the volume.
    Where it is not on record, neither is asked for: a guess could be refused after all is made.
    """
    found = _FAMILY.fullmatch(instance_type)
    family = "" if found is None else found[1]
    if _OWN_DISK.fullmatch(family):
        return "own"
    return "volume" if _VOLUME.fullmatch(family) else "unknown"


def volume_gb(instance_type: str, weights_bytes: int | None, asked_gb: int | None) -> int | None:
    """Give the size of the volume; None: none may be asked for, or its default will do.

    Weights with a fifth to spare, and 40 GB for an image of this kind unpacked with its caches.
    """
    if disk_of(instance_type) != "volume":
        return None
    if asked_gb is not None or weights_bytes is None:
        return asked_gb
    return _IMAGE_GB + int(-(-weights_bytes * _SPARE // GB))
