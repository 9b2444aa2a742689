"""What guards a deployment, each thing told even where it is off, and what to know of it."""

from collections.abc import Iterator

from llamactl.pipeline.license_standing import LicenseStanding
from llamactl.pipeline.preparing import Prepared
from llamactl_catalog.costs import usd_per_month
from llamactl_infra.drafts.draft import Guard, open_draft
from llamactl_infra.spec import SECRETS, Spec
from llamactl_infra.stacks.settling import needs_update
from llamactl_infra.stored_values import settings_of

_CLASSIFIER = "llama-guard-7b"


def guards_of(ready: Prepared, standing: LicenseStanding) -> tuple[Guard, ...]:
    """Tell of every guard, the cloud's own among them."""
    return (
        _license(standing),
        *open_draft(ready.spec.cloud).guards(ready.spec),
        _alarms(ready.spec),
        _autoscaling(ready.spec),
        _content(ready),
    )


def cautions_of(ready: Prepared) -> Iterator[str]:
    """Say what to know before: of the placement, and of what was chosen for it."""
    yield from ready.placement.warnings
    if ready.image.kind == "published" and "@" not in str(ready.image.reference):
        yield (
            "image by its tag: deploy asks the registry for the digest, and names the image by it"
        )
    if ready.capacity.is_scaled:
        usd = ready.peak_usd_per_hour
        yield (
            f"autoscaling: up to {ready.capacity.peak} instances, which cost ${usd:.2f} an hour "
            f"(${usd_per_month(usd):,.0f} a month)"
        )
    if _makes_second_fleet(ready):
        yield open_draft(ready.spec.cloud).update_caution


def _makes_second_fleet(ready: Prepared) -> bool:
    """Tell whether other instances are started beside those that run."""
    spec, stored = ready.spec, ready.stored
    if stored is None or spec.update == "rolling":
        return False
    other_count = spec.max_instances is None and spec.instances != stored.instances
    return other_count or needs_update(spec, stored)


def changes_of(ready: Prepared) -> list[str]:
    """Name the settings that the order changes of the deployment as it stands."""
    if ready.stored is None:
        return []
    before, after = settings_of(ready.stored), settings_of(ready.spec)
    hidden = {"instances"} if ready.capacity.is_scaled else set()  # follows the load
    names = sorted((before.keys() | after.keys()) - hidden)
    return [
        f"{name}: another value, not shown"
        if name in SECRETS
        else f"{name}: {before.get(name, 'none')} -> {after.get(name, 'none')}"
        for name in names
        if before.get(name) != after.get(name)
    ]


def _license(standing: LicenseStanding) -> Guard:
    if standing.missing is None and standing.record is None:
        return Guard("license gate", True, "asks for no acceptance of this license")
    return Guard("license gate", True, "no acceptance on record, no deployment")


def _alarms(spec: Spec) -> Guard:
    if not spec.alarms:
        return Guard("alarms", False, "none: --set alarms=true")
    told = "nobody is told yet: --set alarm_actions=ID"
    if spec.alarm_actions:
        told = f"--set alarm_actions: {len(spec.alarm_actions)}"
    return Guard("alarms", True, f"on errors and slow answers; {told}")


def _autoscaling(spec: Spec) -> Guard:
    if not spec.capacity.is_scaled:
        return Guard("autoscaling", False, f"{spec.capacity}, always: --min N --max N")
    target = spec.target_concurrency if spec.target_concurrency is not None else spec.parallel
    text = f"{spec.capacity}, at {target} requests an instance"
    if spec.schedules:
        text += f"; by the clock: {', '.join(each.name for each in spec.schedules)}"
    return Guard("autoscaling", True, text)


def _content(ready: Prepared) -> Guard:
    if ready.model.guardrails == "classifier":
        return Guard("content guard", False, "this model is one: it looks at what others are sent")
    text = f"nothing looks at prompts and answers: put {_CLASSIFIER} beside it"
    return Guard("content guard", False, text)
