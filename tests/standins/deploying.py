"""A ground to deploy upon: a cloud and stacks that say and do what a test has them do."""

from collections.abc import Callable
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from llamactl_catalog.errors import LlamactlError, UnknownDeployment
from llamactl_catalog.progress import Step
from llamactl_infra.deployment import CloudFacts, Deployment
from llamactl_infra.spec import Spec
from standins.live_cloud import RUNNING, LiveCloudStandIn


@dataclass
class PreviewStandIn:
    """What an `up` would change."""

    changes: tuple = ()
    text: str = "+ endpoint"


@dataclass
class StackStandIn:
    """One stack. `ups` are what each `up` does: an error is raised, a function called.

    `happened` has what was asked of it, in its order.
    """

    ground: "GroundStandIn"
    name: str
    is_trial: bool = False

    def configure(self, spec: Spec) -> None:
        self.ground.happened.append(f"configure {spec.instance_type} x {spec.instances}")
        if not self.is_trial:
            self.ground.specs[self.name] = spec

    def preview(self, cloud: str, report: Any) -> PreviewStandIn:
        self.ground.happened.append("preview")
        return self.ground.previewed

    def up(self, cloud: str, report: Any) -> tuple:
        self.ground.happened.append("up")
        report(Step("creating endpoint chat"))
        outcome = self.ground.ups.pop(0) if self.ground.ups else ()
        if isinstance(outcome, BaseException):
            raise outcome
        if callable(outcome):
            return outcome()
        self.ground.stands = True
        return outcome

    def remove_failed(self, cloud: str, report: Any) -> bool:
        self.ground.happened.append("remove failed")
        self.ground.cloud.seen = [RUNNING]
        return True

    def lacks_endpoint(self, cloud: str) -> bool:
        return self.ground.is_lost

    def adopt(self, orphan: Any, cloud: str, report: Any) -> None:
        self.ground.happened.append("adopt")
        self.ground.is_lost = False

    def refresh(self, cloud: str, report: Any) -> tuple:
        self.ground.happened.append("refresh")
        return ()

    def unlock(self) -> None:
        self.ground.happened.append("unlock")


@dataclass
class GroundStandIn:
    """Everything outside of a deployment. `url` is where it answers, `resources` what stands.

    `unchanged`: the last run made the stack as it is asked for now."""

    url: str = "http://127.0.0.1:9"
    cloud: LiveCloudStandIn = field(default_factory=LiveCloudStandIn)
    api_key: str | None = None
    found: list = field(default_factory=list)
    ups: list = field(default_factory=list)
    previewed: PreviewStandIn = field(default_factory=PreviewStandIn)
    resources: tuple[str, ...] = ("role chat", "endpoint chat")
    specs: dict[str, Spec] = field(default_factory=dict)
    happened: list[str] = field(default_factory=list)
    stands: bool = False
    unchanged: bool = False
    is_lost: bool = False
    paused_s: float = 0.0

    def tools(self, cloud: str) -> Any:
        return iter(self.found)

    def live(self, cloud: str) -> LiveCloudStandIn:
        return self.cloud

    def stored(self, name: str) -> Spec | None:
        return self.specs.get(name)

    def is_unchanged(self, spec: Spec) -> bool:
        return self.unchanged

    def claimed(self, name: str) -> Any:
        return nullcontext()

    def stack(self, name: str, report: Callable[[Step], None]) -> StackStandIn:
        return StackStandIn(self, name)

    @contextmanager
    def trial(self, name: str, report: Callable[[Step], None]) -> Any:
        yield StackStandIn(self, name, is_trial=True)

    def deployment(self, name: str) -> Deployment:
        spec = self.specs.get(name)
        if spec is None:
            raise UnknownDeployment(name, ())
        live = self.cloud.endpoint(spec)
        return Deployment(
            name=name,
            model=spec.model,
            cloud=spec.cloud,
            region=str(spec.region),
            instance_type=str(spec.instance_type),
            engine=spec.engine,
            state="running" if live.state == "running" else "failed",
            reason=live.reason,
            endpoint=self.url if live.state == "running" else None,
            usd_per_hour=spec.usd_per_hour,
            created_at=datetime.now(UTC),
            pid=None,
            context_tokens=spec.context_tokens,
            log_path=None,
            auth="key",
            cloud_facts=_facts(self.resources),
        )

    def remove(self, name: str, report: Callable[[Step], None]) -> None:
        self.happened.append("remove")
        del self.specs[name]

    def pause(self, seconds: float) -> None:
        self.paused_s += seconds


def failing(error: LlamactlError, ground: GroundStandIn, *seen: object) -> Callable[[], tuple]:
    """An `up` that fails when the cloud says `seen`."""

    def up() -> tuple:
        ground.cloud.seen = list(seen)
        raise error

    return up


def _facts(resources: tuple[str, ...]) -> CloudFacts:
    return CloudFacts(None, None, None, None, None, None, None, None, None, resources)
