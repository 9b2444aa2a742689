"""Between which numbers of instances an endpoint may be, and whether that number is fixed."""

from llamactl_infra.spec import Spec


def bounds(spec: Spec) -> tuple[int, int]:
    """Give the fewest and the most that autoscaling keeps to, where no schedule says otherwise."""
    least = spec.min_instances if spec.min_instances is not None else spec.instances
    most = spec.max_instances if spec.max_instances is not None else max(least, spec.instances)
    return least, most


def scales(spec: Spec) -> bool:
    """Tell whether the number of instances is not fixed."""
    least, most = bounds(spec)
    return bool(spec.schedules) or least != most
