"""What a cloud decides of a spec: image, place of weights, its own settings. Nothing is asked."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal, Protocol, assert_never

from llamactl_catalog.engine_versions import EngineVersion
from llamactl_catalog.errors import InvalidInput
from llamactl_catalog.model import Model
from llamactl_containers.engines.engine import LaunchSettings
from llamactl_infra.deployment import AuthKind
from llamactl_infra.spec import Cloud, Spec


@dataclass(frozen=True, slots=True)
class UsualImage:
    """The image that is deployed where none is named.

    "ready": the cloud's own; "published": the engine's, named by its tag where no digest of it is
    on record.
    """

    kind: Literal["ready", "published"]
    version: EngineVersion
    reference: str


@dataclass(frozen=True, slots=True)
class Guard:
    """One thing that guards a deployment, and whether it is on."""

    name: str
    on: bool
    text: str


class Draft(Protocol):
    """One cloud's part in a spec."""

    @property
    def section(self) -> str:
        """The field of the spec that holds the cloud's own settings."""

    @property
    def scheme(self) -> str:
        """What the address of staged weights begins with: s3 or az."""

    @property
    def keeps_token(self) -> bool:
        """Whether the Hub's token can be given to the engine as a secret."""

    @property
    def can_canary_one(self) -> bool:
        """Whether traffic can be moved in parts where there is one instance."""

    @property
    def update_caution(self) -> str:
        """What to know of an update of a deployment that runs."""

    def auth(self, spec: Spec) -> AuthKind:
        """Say how callers of the endpoint are let in."""

    def ready_image(self, engine: str, version: str | None, region: str) -> UsualImage:
        """Give the cloud's own image of an engine; without a version the newest.

        Raises:
            NotFound: it has none.
            InvalidInput: it has none in that region.
        """

    def usual_image(self, engine: str, version: str | None, region: str) -> UsualImage:
        """Give what can be pulled there without building anything.

        Raises:
            NotFound, InvalidInput, LicenseRefused: there is no such version, or not as an image.
        """

    def reaches(self, registry: str, spec: Spec) -> bool:
        """Tell whether a deployment as in the spec pulls from a registry of one's own."""

    def environment(self, settings: LaunchSettings, *, ready: bool) -> dict[str, str]:
        """Give an engine's settings as the container takes them there."""

    def staging_place(self, model: Model, revision: str, spec: Spec, account: str) -> str | None:
        """Say where deploy stages weights that no instance can fetch by itself; None: nowhere."""

    def is_default_place(self, place: str, spec: Spec) -> bool:
        """Tell whether a place is one that `staging_place` names, for whatever model."""

    def isolated(self, spec: Spec) -> bool:
        """Tell whether its instances reach no network, the Hub neither."""

    def is_given(self, place: str) -> bool:
        """Tell whether a place is the cloud's own, where weights lie ready and none can be put."""

    def check_storage(self, spec: Spec, environment: Mapping[str, str]) -> None:
        """Refuse to stage where the environment leads elsewhere than the spec.

        Raises:
            InvalidInput: it does.
        """

    def have_place(self, place: str, spec: Spec, account: str) -> None:
        """Make the bucket that `staging_place` named, where it is not there.

        Raises:
            LlamactlError: it is another's, or may not be made.
        """

    def weights_uri(self, place: str, spec: Spec) -> str:
        """Write the address of staged weights as the platform takes it.

        Raises:
            InvalidInput: it is none there.
        """

    def completed(self, spec: Spec, account: str | None, at_once: int | None) -> Spec:
        """Give the spec with the cloud's own settings, kept where it has them.

        `at_once` is how many requests one instance has room for; None: it is not known yet, and
        what the spec says of it stays. `account` None: a placeholder.
        """

    def check(self, spec: Spec) -> None:
        """Refuse a spec that the cloud would refuse.

        Raises:
            InvalidInput: with all that is wrong with it.
        """

    def account_meant(self, settings: Iterable[tuple[str, str]], stored: Spec | None) -> str | None:
        """Give the account that settings or what stands name; None: that of the credentials."""

    def guards(self, spec: Spec) -> tuple[Guard, ...]:
        """Tell of the guards that are the cloud's own: network, encryption, isolation."""


def open_draft(cloud: Cloud) -> Draft:
    """Give the part of the cloud of that name.

    Raises:
        InvalidInput: this machine is no cloud.
    """
    match cloud:
        case "aws":
            from llamactl_infra.drafts.aws import AwsDraft

            return AwsDraft()
        case "azure":
            from llamactl_infra.drafts.azure import AzureDraft

            return AzureDraft()
        case "local":
            raise InvalidInput("this machine is no cloud", hint="--cloud aws or --cloud azure")
        case _:
            assert_never(cloud)
