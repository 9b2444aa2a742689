"""Service Quotas of SageMaker's endpoints: one value a type of instance."""

import csv
import hashlib
from functools import cache
from importlib import resources
from typing import Any

import botocore.session

from standins.aws.account import ACCOUNT, REGION, Refused

_NAME = "{} for endpoint usage"
_PAGE = 100  # the most that ListServiceQuotas gives at once; botocore, service-quotas


class Quotas(dict[str, float]):
    """The applied values that were told, by instance type; `default` is of all others."""

    def __init__(self, default: float = 8) -> None:
        super().__init__()
        self.default = default

    def value(self, instance_type: str) -> float:
        """Give what may be used."""
        return self.get(instance_type, self.default)

    def answer(self, operation: str, asked: dict[str, Any]) -> dict[str, Any]:
        """Answer as Service Quotas does."""
        if asked["ServiceCode"] != "sagemaker":
            raise Refused("NoSuchResourceException", "The request failed.", 404)
        match operation:
            case "ListServiceQuotas" | "ListAWSDefaultServiceQuotas":
                return self._page(asked, applied=operation == "ListServiceQuotas")
            case "GetServiceQuota" | "GetAWSDefaultServiceQuota":
                for each in types():
                    if code_of(each) == asked["QuotaCode"]:
                        value = self.value(each) if operation == "GetServiceQuota" else 0
                        return {"Quota": self._quota(each, value)}
        raise Refused("NoSuchResourceException", "The request failed.", 404)

    def _page(self, asked: dict[str, Any], *, applied: bool) -> dict[str, Any]:
        start, size = int(asked.get("NextToken", 0)), min(asked.get("MaxResults", _PAGE), _PAGE)
        every = types()
        shown = every[start : start + size]
        told = [self._quota(each, self.value(each) if applied else 0) for each in shown]
        rest = {"NextToken": str(start + size)} if start + size < len(every) else {}
        return {"Quotas": told, **rest}

    def _quota(self, instance_type: str, value: float) -> dict[str, Any]:
        code = code_of(instance_type)
        return {
            "ServiceCode": "sagemaker",
            "ServiceName": "Amazon SageMaker",
            "QuotaArn": f"arn:aws:servicequotas:{REGION}:{ACCOUNT}:sagemaker/{code}",
            "QuotaCode": code,
            "QuotaName": _NAME.format(instance_type),
            "Value": float(value),
            "Unit": "None",
            "Adjustable": True,
            "GlobalQuota": False,
            "QuotaAppliedAtLevel": "ACCOUNT",
        }


@cache
def types() -> list[str]:
    """Give every type that can host an endpoint, as botocore has them."""
    model = botocore.session.Session().get_service_model("sagemaker")
    return sorted(model.shape_for("ProductionVariantInstanceType").enum)


def code_of(instance_type: str) -> str:
    """Give a quota's code: the real one where the catalog has it."""
    made = hashlib.sha256(instance_type.encode()).hexdigest()[:8].upper()
    return _codes().get(instance_type) or f"L-{made}"


@cache
def _codes() -> dict[str, str]:
    text = resources.files("llamactl_catalog").joinpath("tables/instance_types.csv").read_text()
    rows = csv.DictReader(line for line in text.splitlines() if not line.startswith("#"))
    return {row["name"]: row["quota_code"] for row in rows if row["cloud"] == "aws"}
