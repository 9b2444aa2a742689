"""Who signs, and what policies would allow: the answers of STS and IAM that moto has not."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from standins.aws.account import ACCOUNT
from standins.aws.authorization import Authorization
from standins.aws.evaluation import Policy, is_allowed, missing_keys
from standins.aws.faults import Fault


@dataclass
class Policies:
    """An action is allowed but where a fault denies its operation, or `denied` names it.

    `granted` are the policies of whoever signs: with any, what they do not allow is refused.
    """

    faults: Sequence[Fault]
    principal: str = f"arn:aws:iam::{ACCOUNT}:user/deployer"
    denied: set[str] = field(default_factory=set)
    granted: list[Policy] = field(default_factory=list)

    def allows(self, need: Authorization) -> bool:
        """Tell whether what is granted allows it; where nothing is, all is allowed."""
        return not self.granted or is_allowed(self.granted, need)

    def identity(self) -> bytes:
        """Answer GetCallerIdentity."""
        told = (
            f"<Arn>{self.principal}</Arn><UserId>AIDAEXAMPLE</UserId><Account>{ACCOUNT}</Account>"
        )
        return _answer("GetCallerIdentity", "https://sts.amazonaws.com/doc/2011-06-15/", told)

    def simulated(self, asked: dict[str, Any]) -> bytes:
        """Answer SimulatePrincipalPolicy."""
        resources = asked.get("ResourceArns") or ["*"]
        found = "".join(
            f"<member><EvalActionName>{action}</EvalActionName>"
            f"<EvalResourceName>{resource}</EvalResourceName>"
            f"{self._evaluated(action, resource, asked)}</member>"
            for action in asked["ActionNames"]
            for resource in resources
        )
        told = f"<EvaluationResults>{found}</EvaluationResults><IsTruncated>false</IsTruncated>"
        where = "https://iam.amazonaws.com/doc/2010-05-08/"
        return _answer("SimulatePrincipalPolicy", where, told)

    def _evaluated(self, action: str, resource: str, asked: dict[str, Any]) -> str:
        context = {
            each["ContextKeyName"]: each["ContextKeyValues"][0]
            for each in asked.get("ContextEntries", ())
        }
        need = Authorization("SimulatePrincipalPolicy", action, resource, context)
        decision = self._decision(action)
        if decision == "allowed" and not self.allows(need):
            decision = "implicitDeny"
        keys = sorted(missing_keys(self.granted, need)) if decision != "allowed" else []
        members = "".join(f"<member>{each}</member>" for each in keys)
        missing = f"<MissingContextValues>{members}</MissingContextValues>" if keys else ""
        return f"<EvalDecision>{decision}</EvalDecision>{missing}"

    def _decision(self, action: str) -> str:
        operation = action.partition(":")[2]
        is_denied = action in self.denied or any(
            each.code == "AccessDeniedException" and re.fullmatch(each.operation, operation)
            for each in self.faults
        )
        return "implicitDeny" if is_denied else "allowed"


def _answer(operation: str, space: str, result: str) -> bytes:
    inner = f"<{operation}Result>{result}</{operation}Result>"
    meta = "<ResponseMetadata><RequestId>0</RequestId></ResponseMetadata>"
    return f'<{operation}Response xmlns="{space}">{inner}{meta}</{operation}Response>'.encode()
