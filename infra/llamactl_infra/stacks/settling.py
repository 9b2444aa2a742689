"""How many instances an update starts with: what scaling has made of the count is not set back."""

from dataclasses import fields, replace

from llamactl_infra.spec import Spec

# Settings whose change leaves the instances that run as they are.
_BESIDE = frozenset({
    "instances",
    "min_instances",
    "max_instances",
    "target_concurrency",
    "schedules",
    "usd_per_hour",
    "alarms",
    "alarm_actions",
    "log_days",
    "owner",
    "expires_on",
    "tags",
    "license_acceptance",
    "license_ledger",
    "catalog_overlay",
})  # fmt: skip
_FLEET = tuple(each.name for each in fields(Spec) if each.name not in _BESIDE)


def settled(wanted: Spec, stored: Spec | None, live_instances: int | None) -> Spec:
    """Give the spec that is to be applied: as wanted, with the count that keeps what runs.

    Where the count follows the load, a stored count stays as long as the fleet stays: another would
    be an update for nothing. Where an update is due, which sets the count to the spec's, it is what
    runs now. Both are kept within the bounds; `usd_per_hour` is of that count. A fixed count is the
    wanted one. `live_instances` None: it is not known, and the larger of both specs' is taken.
    """
    if stored is None or not wanted.capacity.is_scaled:
        return wanted
    if needs_update(wanted, stored):
        unknown = max(wanted.instances, stored.instances)
        count = live_instances if live_instances is not None else unknown
    else:
        count = stored.instances
    count, price = wanted.capacity.within(count), wanted.usd_per_hour
    return replace(
        wanted,
        instances=count,
        min_instances=wanted.capacity.minimum,
        max_instances=wanted.capacity.maximum,
        usd_per_hour=None if price is None else price * count / wanted.instances,
    )


def needs_update(wanted: Spec, stored: Spec) -> bool:
    """Tell whether other instances are to be started: not for tags, bounds, alarms or logs."""
    return any(getattr(wanted, name) != getattr(stored, name) for name in _FLEET)
