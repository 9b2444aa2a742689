"""What the engine tells while it works: steps to report, changes, and what went wrong."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pulumi.automation import EngineEvent, StepEventMetadata

from llamactl_catalog.progress import Report, Step
from llamactl_infra.stacks.resources import Named, named

_DOING = {
    "create": "creating",
    "update": "updating",
    "delete": "deleting",
    "replace": "replacing",
    "create-replacement": "creating anew",
    "delete-replaced": "deleting the old",
    "refresh": "reading",
    "import": "taking over",
    "discard": "forgetting",
}
_NO_CHANGE = {"same", "read", "refresh", "discard", "read-discard"}


@dataclass(frozen=True, slots=True)
class Change:
    """What happens to one resource; `fields` are those that differ.

    `values` are theirs before and after, as Pulumi tells them: without secrets.
    """

    operation: str
    resource: Named
    fields: tuple[str, ...] = ()
    values: Mapping[str, tuple[Any, Any]] = field(default_factory=dict, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Trouble:
    """What the engine says went wrong, and with which resource; None: with none of them."""

    message: str
    resource: Named | None


@dataclass(slots=True)
class Listener:
    """Listens to one operation of the engine: reports its steps, and keeps the rest.

    `drift` is what a refresh found changed, by the URNs that it has `read`.
    """

    report: Report
    changes: list[Change] = field(default_factory=list)
    drift: list[Change] = field(default_factory=list)
    failed: list[Named] = field(default_factory=list)
    troubles: list[Trouble] = field(default_factory=list)
    read: set[str] = field(default_factory=set)
    done: int = 0

    def hear(self, event: EngineEvent) -> None:
        """Take one event."""
        if event.resource_pre_event is not None:
            self._begun(event)
        elif event.res_outputs_event is not None:
            self._ended(event)
        elif event.res_op_failed_event is not None:
            self.failed.append(named(event.res_op_failed_event.metadata.urn))
        elif event.diagnostic_event is not None:
            told = event.diagnostic_event
            if told.severity == "error":
                about_urn = named(told.urn) if told.urn else None
                resource = about_urn if about_urn is not None and about_urn.is_real else None
                self.troubles.append(Trouble(told.message.strip(), resource))

    def _ended(self, event: EngineEvent) -> None:
        assert event.res_outputs_event is not None  # noqa: S101 - as the caller asked
        about = event.res_outputs_event.metadata
        operation, resource = str(about.op.value), named(about.urn)
        if not resource.is_real or operation in _NO_CHANGE:
            return
        self.done += 1
        if about.urn in self.read:  # the operation is what the cloud has changed
            fields = tuple(about.detailed_diff or about.diffs or ())
            self.drift.append(Change(operation, resource, fields))

    def _begun(self, event: EngineEvent) -> None:
        assert event.resource_pre_event is not None  # noqa: S101 - as the caller asked
        about = event.resource_pre_event.metadata
        operation, resource = str(about.op.value), named(about.urn)
        if not resource.is_real:
            return
        if operation == "refresh":
            self.read.add(about.urn)
        if operation not in _NO_CHANGE:
            changed = tuple(about.diffs or ())
            self.changes.append(Change(operation, resource, changed, _values(about, changed)))
        if operation in _DOING and operation != "discard":
            self.report(Step(f"{_DOING[operation]} {resource}"))


def _values(about: StepEventMetadata, names: Sequence[str]) -> dict[str, tuple[Any, Any]]:
    """Return the inputs of those names, before and after; None where there is none."""
    before, after = (
        {} if each is None or each.inputs is None else each.inputs
        for each in (about.old, about.new)
    )
    return {name: (before.get(name), after.get(name)) for name in names}
