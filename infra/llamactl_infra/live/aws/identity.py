"""Whose credentials these are, and by which name AWS knows the permissions of whoever signs."""

import re

from llamactl_catalog.errors import LlamactlError, Unhealthy
from llamactl_infra.live.aws.asking import Absent, Clients, told
from llamactl_infra.live.cloud import Account

_ASSUMED = re.compile(
    r"arn:(?P<partition>[\w-]+):sts::(?P<account>\d+):assumed-role/(?P<role>[^/]+)/.+"
)
_USER_OR_ROLE = re.compile(r"arn:[\w-]+:iam::\d+:(user|role)/.+")


def account_of(clients: Clients, region: str | None = None) -> Account:
    """Ask whose credentials these are.

    Raises:
        NoPermission: there are none, or they are no longer taken.
        ProgramMissing: boto3 is not installed.
    """
    client = clients.of("sts", region)
    with told("sts:GetCallerIdentity"):
        answer = client.get_caller_identity()
    try:
        return Account("aws", str(answer["Account"]), str(answer["Arn"]))
    except KeyError as error:
        raise Unhealthy(f"AWS tells an identity without {error}", hint="run it again") from error


def simulated_as(clients: Clients, account: Account, region: str | None) -> str | None:
    """Give the ARN of the user or role whose policies count.

    None: the root user, or a federated one, whose policies cannot be asked for.
    """
    if _USER_OR_ROLE.fullmatch(account.principal):
        return account.principal
    assumed = _ASSUMED.fullmatch(account.principal)
    if assumed is None:
        return None
    try:
        # A session's ARN leaves out the path that is part of its role's.
        client = clients.of("iam", region)
        with told("iam:GetRole"):
            return str(client.get_role(RoleName=assumed["role"])["Role"]["Arn"])
    except (Absent, LlamactlError):
        return f"arn:{assumed['partition']}:iam::{assumed['account']}:role/{assumed['role']}"
