"""The credentials that sign requests to AWS: found where its own tools find them."""

import logging
from typing import Any, Protocol

from llamactl_catalog.errors import NoPermission, ProgramMissing
from llamactl_catalog.extras import extra_command

_SIGN_IN = "set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY; or aws sso login"


class AwsIdentity(Protocol):
    """Whoever signs."""

    def credentials(self) -> Any:
        """Give access_key, secret_key and token as they are now.

        Raises:
            NoPermission: there are none, or they cannot be renewed.
        """


class FoundAwsIdentity:
    """What AWS's tools would sign with: environment, profile, sign-in, or the machine's role.

    It is looked for at the first request and then kept; what expires is renewed.
    """

    def __init__(self) -> None:
        self._found: Any = None

    def credentials(self) -> Any:
        """Give them as they are now.

        Raises:
            NoPermission: there are none, or they cannot be renewed.
            ProgramMissing: botocore is not installed.
        """
        try:
            from botocore import exceptions  # type: ignore[import-untyped]  # ships no types
            from botocore.session import Session  # type: ignore[import-untyped]  # as above
        except ImportError as error:
            hint = extra_command("aws")
            raise ProgramMissing("AWS needs the extra 'aws'", hint=hint) from error
        quiet_botocore()
        try:
            if self._found is None:
                self._found = Session().get_credentials()
            if self._found is not None:
                return self._found.get_frozen_credentials()
        except (exceptions.BotoCoreError, exceptions.ClientError) as error:
            said = f"the credentials of AWS cannot be used: {error}"
            raise NoPermission(said, hint=_SIGN_IN) from error
        raise NoPermission("no credentials of AWS are to be found", hint=_SIGN_IN)


def quiet_botocore() -> None:
    """Keep botocore's debug log off, which shows session tokens, unless it was asked for itself."""
    log = logging.getLogger("botocore")
    if log.level == logging.NOTSET:
        log.setLevel(logging.INFO)
