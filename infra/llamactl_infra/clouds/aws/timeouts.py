"""How long an instance may take to fetch its weights, to load them, and an update in all."""

from collections.abc import Iterator
from dataclasses import dataclass

from llamactl_infra.spec import Spec

SHORTEST_S = 60
LONGEST_S = 3600
"""Source: botocore 1.43.117, ProductionVariant: both timeouts are 60 to 3600 s."""

SHORTEST_UPDATE_S = 600
LONGEST_UPDATE_S = 14_400
"""Source: the check of hashicorp/terraform-provider-aws; the service itself takes 28,800."""

# Slower than any of these types has been reported to fetch or to load, so that a slow day is no
# failed deployment: assumed, since a timeout that is too long costs nothing where all goes well.
_BYTES_PER_S = 60_000_000
_FIXED_S = 600


@dataclass(frozen=True, slots=True)
class Timeouts:
    """The two that a variant has, each within what the service takes."""

    download_s: int
    health_s: int


def timeouts(spec: Spec) -> Timeouts:
    """Give a spec's own, or those that its weights' bytes ask for, as far as the service allows.

    Where the engine fetches the weights itself, that is part of the time until it is healthy. What
    is derived is a generous guess, so the service's limit bounds it; what the user has set is never
    cut: `timeout_problems` refuses it.
    """
    if spec.weights_bytes is None:
        moved_s = LONGEST_S
    else:
        moved_s = _FIXED_S + spec.weights_bytes // _BYTES_PER_S
    fetched_here = spec.weights_uri is None
    health_s = 2 * moved_s if fetched_here else moved_s
    return Timeouts(
        _chosen(spec.download_timeout_s, moved_s), _chosen(spec.health_timeout_s, health_s)
    )


def timeout_problems(spec: Spec) -> Iterator[str]:
    """Say which timeouts the service would refuse."""
    for name, asked_s, field in (
        ("download_timeout_s", spec.download_timeout_s, "ModelDataDownloadTimeoutInSeconds"),
        (
            "health_timeout_s (--timeout)",
            spec.health_timeout_s,
            "ContainerStartupHealthCheckTimeoutInSeconds",
        ),
    ):
        if asked_s is not None and not SHORTEST_S <= asked_s <= LONGEST_S:
            bounds = f"{SHORTEST_S} to {LONGEST_S} s"
            yield f"{name}: {asked_s} s, and SageMaker takes {bounds} ({field})"


def update_s(spec: Spec, parts: int, bake_s: int, keep_old_s: int) -> int:
    """Bound an update of so many parts, each started and watched, after which the old one stays."""
    own = timeouts(spec)
    whole = parts * (own.download_s + own.health_s + bake_s) + keep_old_s
    return max(SHORTEST_UPDATE_S, min(LONGEST_UPDATE_S, whole))


def _chosen(asked_s: int | None, derived_s: int) -> int:
    return asked_s if asked_s is not None else max(SHORTEST_S, min(LONGEST_S, derived_s))
