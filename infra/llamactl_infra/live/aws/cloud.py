"""AWS as a cloud that can be asked: one object over the modules beside it."""

from collections.abc import Iterator, Sequence

from llamactl_infra.live.aws.artifacts import image_digest
from llamactl_infra.live.aws.asking import Clients
from llamactl_infra.live.aws.checking import findings
from llamactl_infra.live.aws.differences import differences
from llamactl_infra.live.aws.endpoint import live_endpoint
from llamactl_infra.live.aws.identity import account_of
from llamactl_infra.live.aws.log import Clock, lines
from llamactl_infra.live.aws.orphans import orphan_of, remove_orphan
from llamactl_infra.live.aws.remains import remains
from llamactl_infra.live.aws.weights_readers import weights_readers
from llamactl_infra.live.cloud import Account, Finding, Held, LiveEndpoint, Orphan
from llamactl_infra.spec import Spec


class LiveAws:
    """AWS, with the credentials that its own tools would find."""

    def __init__(self, clock: Clock | None = None) -> None:
        self._clients = Clients()
        self._clock = clock if clock is not None else Clock()

    def account(self, meant: str | None = None) -> Account:  # noqa: ARG002 - they have one
        """Tell whose credentials these are.

        Raises:
            NoPermission: there are none, or they are no longer taken.
            ProgramMissing: boto3 is not installed.
        """
        return account_of(self._clients)

    def checks(self, spec: Spec, standing: Spec | None = None) -> Iterator[Finding]:
        """Check what AWS tells beforehand, cheapest first; nothing is raised."""
        return findings(self._clients, spec, standing)

    def image_digest(self, reference: str) -> str | None:
        """Give the digest that an image's tag stands for; None: its registry does not tell."""
        return image_digest(self._clients, reference)

    def endpoint(self, spec: Spec) -> LiveEndpoint:
        """Tell how the endpoint of a spec is.

        Raises:
            LlamactlError: AWS does not let it be read.
        """
        return live_endpoint(self._clients, spec)

    def differences(self, spec: Spec) -> tuple[str, ...]:
        """Say where what runs is not what the spec asks for; () where it is.

        Raises:
            LlamactlError: AWS does not let it be read.
        """
        return differences(self._clients, spec)

    def log(self, spec: Spec, *, tail: int | None, follow: bool) -> Iterator[str]:
        """Give the last `tail` lines of the containers' log, or all; then, to follow, each new one.

        Raises:
            LlamactlError: AWS does not let it be read.
        """
        return lines(self._clients, spec, self._clock, tail=tail, follow=follow)

    def api_key(self, spec: Spec) -> str | None:  # noqa: ARG002 - the protocol's
        """Give no key: callers sign their requests."""
        return None

    def remains(self, spec: Spec, held: Sequence[Held]) -> tuple[str, ...]:
        """Name what is still there of a deployment whose resources were removed."""
        return remains(self._clients, spec, held)

    def orphan(self, spec: Spec) -> Orphan | None:
        """Return the endpoint of this name, if it has this deployment's tag.

        Raises:
            LlamactlError: AWS does not let it be read.
        """
        return orphan_of(self._clients, spec)

    def remove_orphan(self, spec: Spec) -> None:
        """Delete the endpoint of this name, if it has this deployment's tag.

        Raises:
            LlamactlError: AWS refuses.
        """
        remove_orphan(self._clients, spec)

    def held_back(self, spec: Spec, held: Sequence[Held]) -> tuple[str, ...]:  # noqa: ARG002 - the protocol's
        """Say that AWS keeps nothing of what was removed."""
        return ()

    def weights_readers(self, place: str, region: str | None) -> tuple[str, ...]:
        """Name what in the account reads weights from a place, beside what was just removed.

        Raises:
            LlamactlError: SageMaker does not tell.
        """
        return weights_readers(self._clients, place, region)

    def close(self) -> None:
        """Let go of the connections."""
        self._clients.close()
