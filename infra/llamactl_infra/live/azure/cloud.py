"""Azure behind the protocol of every cloud: each question is one module's."""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from time import sleep

from llamactl_catalog.errors import LlamactlError, NotFound
from llamactl_infra.clouds.azure.asked import own_of
from llamactl_infra.clouds.azure.management import Management, opened
from llamactl_infra.clouds.azure.signing_in import Token, tokens
from llamactl_infra.live.azure import checks, differences, identity, log, remains
from llamactl_infra.live.azure.endpoint import endpoint_of
from llamactl_infra.live.azure.whereabouts import Whereabouts
from llamactl_infra.live.cloud import Account, Finding, Held, LiveEndpoint, Orphan
from llamactl_infra.prices.retries import ATTEMPTS
from llamactl_infra.spec import Spec

# What is not told after one wait is unknown, and stops nothing: a person waits for it.
_ATTEMPTS_TO_CHECK = 2


class LiveAzure:
    """Azure, asked as whoever is signed in. `pause` waits between two looks at a log."""

    def __init__(
        self,
        environment: Mapping[str, str] | None = None,
        *,
        pause: Callable[[float], None] = sleep,
    ) -> None:
        self._environment = os.environ if environment is None else environment
        self._pause = pause
        self._token: Token | None = None
        self._whereabouts = Whereabouts()

    def account(self, meant: str | None = None) -> Account:
        """Tell whose credentials these are, and which subscription is meant.

        Raises:
            NoPermission: there are none, or they are no longer taken; or it is not clear which
                subscription is meant.
            ProgramMissing: azure-identity is not installed.
        """
        with self._asked() as management:
            return identity.account_of(management, self._environment, meant)

    def checks(self, spec: Spec, standing: Spec | None = None) -> Iterator[Finding]:
        """Check what Azure tells beforehand, cheapest first; nothing is raised."""
        yield checks.limits(spec)
        if spec.azure_ml is None:  # nothing can be asked without a place to ask of
            return
        try:
            with self._asked(attempts=_ATTEMPTS_TO_CHECK) as management:

                def running() -> int | None:
                    return None if standing is None else self.endpoint(standing).instances

                yield from checks.findings(management, self._environment, spec, standing, running)
        except LlamactlError as error:  # of the way itself: findings raise none
            yield Finding("credentials", "failed", error.message, error)

    def image_digest(self, reference: str) -> str | None:  # noqa: ARG002 - the protocol's
        """Give none: Azure has no ready images."""
        return None

    def endpoint(self, spec: Spec) -> LiveEndpoint:
        """Tell how the endpoint of a spec is.

        Raises:
            LlamactlError: Azure does not let it be read.
        """
        with self._asked() as management:
            place = self._whereabouts.endpoint(management, spec)
            return endpoint_of(management, spec, place)

    def differences(self, spec: Spec) -> tuple[str, ...]:
        """Say where what runs is not what the spec asks for; () where it is.

        Raises:
            LlamactlError: Azure does not let it be read.
        """
        with self._asked() as management:
            place = self._whereabouts.endpoint(management, spec)
            return tuple(differences.differences(management, spec, place))

    def log(self, spec: Spec, *, tail: int | None, follow: bool) -> Iterator[str]:
        """Give the last `tail` lines of the containers' log, or all; then, to follow, each new one.

        Raises:
            LlamactlError: Azure does not let it be read.
        """
        with self._asked() as management:
            place = log.deployment_to_read(management, spec, self._endpoint(management, spec))
            yield from log.log_of(management, place, tail=tail, follow=follow, pause=self._pause)

    def api_key(self, spec: Spec) -> str | None:
        """Give the key that callers show; None: they show a token of their sign-in.

        Raises:
            LlamactlError: Azure does not give it.
        """
        if own_of(spec).auth != "key":
            return None
        with self._asked() as management:
            place = self._endpoint(management, spec)
            return str(management.post(f"{place}/listKeys").get("primaryKey", ""))

    def weights_readers(self, place: str, region: str | None) -> tuple[str, ...]:  # noqa: ARG002 - the protocol's
        """Name none: Azure ML lists models by workspace, and another's is not known here."""
        return ()

    def remains(self, spec: Spec, held: Sequence[Held]) -> tuple[str, ...]:
        """Name what is still there of a deployment whose resources were removed."""
        with self._asked() as management:
            return tuple(remains.remains(management, spec, held))

    def orphan(self, spec: Spec) -> Orphan | None:  # noqa: ARG002 - the protocol's
        """Return none: the provider keeps a checkpoint of what failed."""
        return None

    def remove_orphan(self, spec: Spec) -> None:
        """Do nothing: there is none."""

    def held_back(self, spec: Spec, held: Sequence[Held]) -> tuple[str, ...]:
        """Say what stays on purpose, or for some days, of what was deleted; it costs nothing."""
        with self._asked() as management:
            return tuple(remains.held_back(management, spec, held))

    def _endpoint(self, management: Management, spec: Spec) -> str:
        place = self._whereabouts.endpoint(management, spec)
        if place is None:
            raise NotFound(f"'{spec.name}' is not in Azure: it has no workspace there")
        return place

    def _asked(self, attempts: int = ATTEMPTS) -> AbstractContextManager[Management]:
        """Open the way to Azure; who signs in is found once.

        Raises:
            ProgramMissing: azure-identity is not installed.
        """
        if self._token is None:
            self._token = tokens(self._environment)
        return opened(self._environment, self._token, attempts=attempts)
