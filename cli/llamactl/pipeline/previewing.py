"""What an `up` would change, found out without leaving a trace: for --preview and for a yes."""

from typing import TYPE_CHECKING

import click

from llamactl.app import App
from llamactl.output import print_json
from llamactl.pipeline.cloud_order import CloudOrder
from llamactl.pipeline.ground import Ground
from llamactl.pipeline.locked import on_stack
from llamactl.pipeline.preparing import Prepared
from llamactl.progress import stage
from llamactl.terminal_text import for_terminal
from llamactl_catalog.errors import InvalidInput
from llamactl_catalog.progress import Step, silent
from llamactl_infra.deployment import kinds_of
from llamactl_infra.spec import Spec

if TYPE_CHECKING:
    from llamactl_infra.stacks.events import Change
    from llamactl_infra.stacks.stack import Preview

_WORDS = {
    "create": "create",
    "update": "update",
    "delete": "delete",
    "replace": "replace",
    "create-replacement": "replace",
    "delete-replaced": None,  # the other half of a replacement
}


def print_preview(app: App, ground: Ground, ready: Prepared, order: CloudOrder) -> None:
    """Print the engine's own diff with a line of cost; settings and stacks stay as they are.

    Raises:
        InvalidInput: the image is yet to be built, so that there is nothing to compare with.
        LlamactlError: the engine cannot compare.
    """
    if ready.spec.image is None:
        hint = "llamactl image build and push have it first, or --image ready"
        raise InvalidInput("the image is yet to be built, and a preview builds none", hint=hint)
    found = preview_of(app, ground, ready.spec, order)
    before, after = _usd_per_hour(ready.stored), _usd_per_hour(ready.spec)
    if order.as_json:
        changes = [
            {
                "operation": each.operation,
                "resource": str(each.resource),
                "fields": each.fields,
                "values": {
                    name: {"before": before, "after": after}
                    for name, (before, after) in each.values.items()
                },
            }
            for each in found.changes
        ]
        cost = {"usd_per_hour_before": before, "usd_per_hour_after": after}
        print_json({"name": ready.spec.name, "changes": changes, **cost, "diff": found.text})
        return
    click.echo(for_terminal(found.text).strip())
    click.echo(cost_line(before, after))
    peaks = _peak_usd_per_hour(ready.stored), ready.spec.peak_usd_per_hour
    if peaks != (before, after):
        click.echo(f"at the peak, {cost_line(*peaks)}")


def preview_of(app: App, ground: Ground, spec: Spec, order: CloudOrder) -> "Preview":
    """Compare a spec with what its stack has, and leave the stack as it was.

    Raises:
        StackLocked: another run holds the stack.
        LlamactlError: the engine cannot compare.
    """
    with ground.trial(spec.name, silent) as stack:

        def look() -> "Preview":
            with stage("preview") as report:
                stack.configure(spec)
                found = stack.preview(spec.cloud, report)
                report(Step(_count(len(found.changes))))
            return found

        return on_stack(app, stack, look, unlock=order.unlock, force=order.force_unlock)


def change_lines(preview: "Preview") -> list[str]:
    """Say in a few lines what an `up` would do, by kind of resource."""
    kinds: dict[str, list[Change]] = {}
    for each in preview.changes:
        word = _WORDS.get(each.operation, each.operation)
        if word is not None:
            kinds.setdefault(word, []).append(each)
    return [
        f"{word:<8} {', '.join(kinds_of([str(each.resource) for each in changes]))}"
        for word, changes in kinds.items()
    ]


def cost_line(before: float | None, after: float | None) -> str:
    """Say what it costs before and after; None: the price is on no list."""
    told = ["unknown" if each is None else f"${each:.2f}" for each in (before, after)]
    return f"cost: {told[0]} -> {told[1]} an hour"


def _usd_per_hour(spec: Spec | None) -> float | None:
    return 0.0 if spec is None else spec.usd_per_hour


def _peak_usd_per_hour(spec: Spec | None) -> float | None:
    return 0.0 if spec is None else spec.peak_usd_per_hour


def _count(count: int) -> str:
    if count == 0:
        return "nothing would change"
    return "1 change" if count == 1 else f"{count} changes"
