"""How much of a cloud's quota a number of instances needs."""

from llamactl_catalog.hardware import InstanceType


def quota_needed(instance_type: InstanceType, instances: int) -> int:
    """Count the units of `quota_name` that must be free: instances, or cores.

    Where the cloud keeps a reserve for itself, it rounds the instances up before it counts cores:
    3 instances of 24 cores with a reserve of 20 % need those of 4. Source:
    MicrosoftDocs/azure-ai-docs, includes/quota-allocation-online-deployment, read 2026-11-22:
    ceil(1.2 * instances) * cores.
    """
    percent = round(100 * (1 + instance_type.reserve))
    return -(-instances * percent // 100) * instance_type.quota_units
