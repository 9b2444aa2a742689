"""What a cloud can be asked: whose account it is, what may be made in it, and what is there."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol, assert_never

from llamactl_catalog.errors import InvalidInput, LlamactlError
from llamactl_infra.spec import Cloud, Spec

FindingState = Literal["ok", "failed", "unknown"]
LiveState = Literal["absent", "creating", "updating", "running", "failed", "deleting"]


@dataclass(frozen=True, slots=True)
class Account:
    """Whose credentials were found: the account or subscription, and who signs in to it."""

    cloud: Cloud
    id: str
    principal: str


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that can be known before anything is spent.

    `error` says why it failed, what to do and the exit code. "unknown": the cloud did not say,
    which is neither good nor bad; `text` has why.
    """

    check: str
    state: FindingState
    text: str
    error: LlamactlError | None = None


@dataclass(frozen=True, slots=True)
class Fleet:
    """Instances of one type that run and cost."""

    instance_type: str
    instances: int


@dataclass(frozen=True, slots=True)
class LiveEndpoint:
    """An endpoint as the cloud tells it; None: it does not tell, or there is none.

    `doing` is what it is busy with, in words. `instances` is how many of `instance_type` answer
    now; `beside` are those that an update has started, or that a failed one has left.
    """

    state: LiveState
    reason: str | None = None
    doing: str | None = None
    url: str | None = None
    instance_type: str | None = None
    instances: int | None = None
    created_at: datetime | None = None
    beside: tuple[Fleet, ...] = ()


@dataclass(frozen=True, slots=True)
class Held:
    """A resource that a stack's state knows of: the engine's type, and the cloud's own id."""

    type: str
    id: str


@dataclass(frozen=True, slots=True)
class Orphan:
    """An endpoint that is a deployment's by name and tag, as its stack would hold it.

    `child` is its name in the stack, `inputs` what it is declared by at least.
    """

    type: str
    child: str
    id: str
    inputs: Mapping[str, str]


class LiveCloud(Protocol):
    """One cloud, asked with the credentials that its own tools would find."""

    def account(self, meant: str | None = None) -> Account:
        """Tell whose credentials these are.

        `meant` is the id of the account to use, where the credentials reach several.

        Raises:
            NoPermission: there are none, or they are no longer taken.
            ProgramMissing: the cloud's package is not installed.
        """

    def checks(self, spec: Spec, standing: Spec | None = None) -> Iterator[Finding]:
        """Check what the cloud tells beforehand, cheapest first; nothing is raised.

        Credentials, whether the region has the instance type, quota (need against have, with that
        of an update of what is `standing`), permissions, names and limits.
        """

    def image_digest(self, reference: str) -> str | None:
        """Give the digest that the tag of a ready image stands for; None: it is not told."""

    def endpoint(self, spec: Spec) -> LiveEndpoint:
        """Tell how the endpoint of a spec is.

        Raises:
            LlamactlError: the cloud does not let it be read.
        """

    def differences(self, spec: Spec) -> tuple[str, ...]:
        """Say where what runs is not what the spec asks for; () where it is.

        An update that a cloud has taken back by itself is told so.

        Raises:
            LlamactlError: the cloud does not let it be read.
        """

    def log(self, spec: Spec, *, tail: int | None, follow: bool) -> Iterator[str]:
        """Give the last `tail` lines of the containers' log, or all; then, to follow, each new one.

        Raises:
            LlamactlError: the cloud does not let it be read.
        """

    def api_key(self, spec: Spec) -> str | None:
        """Give the key that callers show; None: they sign, or show a token of a sign-in."""

    def remains(self, spec: Spec, held: Sequence[Held]) -> tuple[str, ...]:
        """Name what is still there of a deployment whose resources were removed.

        Looked for are those that the state `held`, and what its platform makes of itself.
        """

    def weights_readers(self, place: str, region: str | None) -> tuple[str, ...]:
        """Name what the cloud knows to read weights from a place; () where it knows of nothing.

        Raises:
            LlamactlError: the cloud does not let it be read.
        """

    def orphan(self, spec: Spec) -> Orphan | None:
        """Return the endpoint of a deployment, for a stack whose state has none.

        None: there is none with the deployment's name and tag, or in this cloud a state keeps what
        failed.

        Raises:
            LlamactlError: the cloud does not let it be read.
        """

    def remove_orphan(self, spec: Spec) -> None:
        """Delete the endpoint that `orphan` returns; it may be there for a while.

        Raises:
            LlamactlError: the cloud refuses.
        """

    def held_back(self, spec: Spec, held: Sequence[Held]) -> tuple[str, ...]:
        """Say what the cloud keeps for some days of what was removed: it costs nothing."""


def open_cloud(cloud: Cloud) -> LiveCloud:
    """Give the cloud of that name; nothing is asked yet.

    Raises:
        InvalidInput: this machine is no cloud.
    """
    match cloud:
        case "aws":
            from llamactl_infra.live.aws.cloud import LiveAws

            return LiveAws()
        case "azure":
            from llamactl_infra.live.azure.cloud import LiveAzure

            return LiveAzure()
        case "local":
            raise InvalidInput("this machine is no cloud", hint="--cloud aws or --cloud azure")
        case _:
            assert_never(cloud)
