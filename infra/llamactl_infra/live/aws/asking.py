"""Clients of AWS's services, and what its refusals mean for the user."""

import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from threading import Lock
from typing import Any

from llamactl_catalog.errors import (
    InvalidInput,
    LlamactlError,
    NoPermission,
    ProgramMissing,
    Throttled,
    Unreachable,
)
from llamactl_catalog.extras import extra_command
from llamactl_infra.spec import Spec

_SIGN_IN = "aws sso login, or set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
_POLICY = "docs/aws.md has the policy whole"
_HOME = "us-east-1"
_ATTEMPTS = 3
_CONNECT_TIMEOUT_S = 10
_READ_TIMEOUT_S = 30

# Codes of AWS's services. Source: botocore 1.43.117, the error shapes of the services asked here;
# IAM user guide, "Common error types".
_EXPIRED = re.compile(r"ExpiredToken|RequestExpired|TokenRefreshRequired")
_UNKNOWN_KEY = re.compile(
    r"InvalidClientTokenId|UnrecognizedClient|MissingAuthenticationToken|InvalidAccessKeyId"
    r"|IncompleteSignature|AuthFailure|InvalidSignature|SignatureDoesNotMatch"
)
_SKEWED = re.compile(r"RequestTimeTooSkewed|RequestInTheFuture")
_DENIED = re.compile(r"AccessDenied|Unauthorized|NotAuthorized|OptInRequired|^403$|Forbidden")
_SLOWED = re.compile(
    r"Throttl|TooManyRequests|RequestLimitExceeded|SlowDown|BandwidthLimitExceeded"
    r"|PriorRequestNotComplete"
)
_ABSENT = re.compile(
    r"ResourceNotFound|NoSuch(Entity|Bucket|Key|Resource)|(Repository|Image)NotFound|NotFound|^404$"
)
_ABSENT_WORDS = re.compile(r"could not find", re.IGNORECASE)


class Absent(Exception):
    """What was asked for is not there."""


class Clients:
    """The clients of one sign-in, each made when it is first asked for."""

    def __init__(self) -> None:
        self._session: Any = None
        self._made: dict[tuple[str, str], Any] = {}
        self._lock = Lock()

    def of(self, service: str, region: str | None = None) -> Any:
        """Give the client of a service; without a region that of the sign-in.

        Raises:
            ProgramMissing: botocore is not installed.
            NoPermission: the profile that is named is not there.
            InvalidInput: there is no such region.
        """
        config = _config()
        with self._lock, told(f"a client of {service}"):
            if self._session is None:
                _quiet()
                self._session = _session()
            where = region or self._session.get_config_variable("region") or _HOME
            if (service, where) not in self._made:
                made = self._session.create_client(service, where, config=config)
                self._made[service, where] = made
            return self._made[service, where]

    def within(self, service: str, spec: Spec) -> Any:
        """Give the client of a service in the region of a spec."""
        return self.of(service, spec.region)

    def close(self) -> None:
        """Let go of the connections."""
        with self._lock:
            for each in self._made.values():
                each.close()
            self._made.clear()


def _config() -> Any:
    try:
        from botocore.config import Config  # type: ignore[import-untyped]  # ships no types
    except ImportError as error:
        hint = extra_command("aws")
        raise ProgramMissing("AWS needs the extra 'aws'", hint=hint) from error
    return Config(
        connect_timeout=_CONNECT_TIMEOUT_S,
        read_timeout=_READ_TIMEOUT_S,
        retries={"mode": "standard", "total_max_attempts": _ATTEMPTS},
    )


def _session() -> Any:
    """Look for credentials anew; the descriptions of the services are read once a process."""
    from botocore.session import Session  # type: ignore[import-untyped]  # ships no types

    session = Session()
    session.register_component("data_loader", _loader())
    return session


@cache
def _loader() -> Any:
    from botocore.session import Session

    return Session().get_component("data_loader")


@contextmanager
def told(what: str) -> Iterator[None]:
    """Turn what AWS says into what the user can do; `what` is the permission that was used.

    Raises:
        Absent: what was asked for is not there.
        NoPermission: there are no credentials, they are not taken, or they may not do this.
        Throttled: AWS slows calls down.
        Unreachable: anything else at which AWS fails, or the network.
    """
    from botocore import exceptions as boto  # type: ignore[import-untyped]  # ships no types

    try:
        yield
    except boto.ClientError as error:
        refused = error.response.get("Error", {})
        code, words = str(refused.get("Code", "")), str(refused.get("Message", ""))
        if _ABSENT.search(code) or _ABSENT_WORDS.search(words):
            raise Absent(words) from error
        raise _refusal(what, code, words) from error
    except (
        boto.NoCredentialsError,
        boto.PartialCredentialsError,
        boto.CredentialRetrievalError,
        boto.UnknownCredentialError,
        boto.ProfileNotFound,
        boto.TokenRetrievalError,
        boto.SSOError,
        boto.NoAuthTokenError,
        boto.LoginError,
    ) as error:
        raise NoPermission(f"no credentials of AWS: {error}", hint=_SIGN_IN) from error
    except (boto.NoRegionError, boto.InvalidRegionError) as error:
        raise InvalidInput(f"AWS has no such region: {error}", hint="--region") from error
    except boto.BotoCoreError as error:
        hint = "is the region right, and does the network let it through?"
        raise Unreachable(f"AWS does not answer {what}: {error}", hint=hint) from error


def _refusal(what: str, code: str, words: str) -> LlamactlError:
    if _EXPIRED.search(code):
        return NoPermission("the credentials of AWS have expired", hint=_SIGN_IN)
    if _SKEWED.search(code):
        return NoPermission("AWS and this machine differ on the time", hint="set the clock right")
    if _UNKNOWN_KEY.search(code):  # the words may be the whole request, session token included
        return NoPermission(f"AWS does not take these credentials ({code})", hint=_SIGN_IN)
    if _DENIED.search(code):
        hint = f"grant {what} to these credentials, or use others; {_POLICY}"
        return NoPermission(f"AWS refuses {what}: {words or code}", hint=hint)
    if _SLOWED.search(code):
        hint = "try again in a minute"
        return Throttled(f"AWS slows calls down at {what} ({code})", hint=hint)
    said = f"{code}: {words}" if words else code
    return Unreachable(f"AWS fails at {what}: {said}", hint="run it again")


def _quiet() -> None:
    """Keep botocore's debug log off, which shows session tokens, unless it was asked for itself."""
    log = logging.getLogger("botocore")
    if log.level == logging.NOTSET:
        log.setLevel(logging.INFO)
