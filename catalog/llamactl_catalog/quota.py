"""How much of a cloud's quota a number of instances needs."""

from dataclasses import dataclass

from llamactl_catalog.clouds import clouds
from llamactl_catalog.hardware import InstanceType


@dataclass(frozen=True, slots=True)
class Quota:
    """What must be free of a quota: `needed` to run, `needed_to_update` while an update is on.

    `unit` is what it counts. `code` is the cloud's own, None where none is known.
    """

    name: str
    code: str | None
    unit: str
    needed: int
    needed_to_update: int


def quota(instance_type: InstanceType, instances: int) -> Quota:
    """Give the quota for a deployment of so many instances, and for a second one beside it."""
    cloud = clouds()[instance_type.cloud]
    needed = quota_needed(instance_type, instances)
    return Quota(
        instance_type.quota_name,
        instance_type.quota_code,
        cloud.quota_unit,
        needed,
        cloud.update_fleets * needed,
    )


def quota_needed(instance_type: InstanceType, instances: int) -> int:
    """Count the units of `quota_name` that must be free: instances, or cores.

    Where the cloud keeps a reserve for itself, it rounds the instances up before it counts cores:
    3 instances of 24 cores with a reserve of 20 % need those of 4. Source:
    MicrosoftDocs/azure-ai-docs, includes/quota-allocation-online-deployment, read 2026-11-22:
    ceil(1.2 * instances) * cores.
    """
    percent = round(100 * (1 + instance_type.reserve))
    return -(-instances * percent // 100) * instance_type.quota_units
