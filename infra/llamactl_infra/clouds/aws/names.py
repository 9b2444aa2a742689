"""Names of SageMaker's resources: within its limits, and of content where it is immutable."""

import hashlib
import json
import re

MAX_NAME = 63
MAX_ROLE_NAME = 64
VARIANT = "AllTraffic"
"""The one variant of every endpoint."""

SCALING_SERVICE = "sagemaker"
SCALED = "sagemaker:variant:DesiredInstanceCount"
"""What Application Auto Scaling scales of a variant."""

ALARMS = ("server-errors", "disk", "latency")
"""Every alarm that an endpoint may have; the first takes an update back."""

_HASH_DIGITS = 10
# Source: botocore 1.43.117, sagemaker: EndpointName, EndpointConfigName, ModelName.
_NAME = re.compile(r"[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}")


def is_name(text: str) -> bool:
    """Tell whether SageMaker takes a text as the name of an endpoint."""
    return len(text) <= MAX_NAME and _NAME.fullmatch(text) is not None


def content_name(name: str, content: object) -> str:
    """Name what cannot be changed: another name for other content, and the same for the same."""
    return _joined(name, _digest(content), MAX_NAME)


def role_name(name: str, region: str) -> str:
    """Name the execution role: roles are of an account, endpoints of a region."""
    whole = f"llamactl-{name}-{region}"
    return whole if len(whole) <= MAX_ROLE_NAME else _joined(whole, _digest(whole), MAX_ROLE_NAME)


def log_group_name(name: str) -> str:
    """Name the log group that SageMaker writes an endpoint's container logs to."""
    return f"/aws/sagemaker/Endpoints/{name}"


def variant_id(name: str) -> str:
    """Name the variant as Application Auto Scaling does."""
    return f"endpoint/{name}/variant/{VARIANT}"


def alarm_name(name: str, what: str) -> str:
    """Name an alarm."""
    return f"{dashboard_name(name)}-{what}"


def dashboard_name(name: str) -> str:
    """Name the dashboard, which is of an account."""
    return f"llamactl-{name}"


def _digest(content: object) -> str:
    told = json.dumps(content, sort_keys=True, separators=(",", ":"), default=dict)
    return hashlib.sha256(told.encode()).hexdigest()[:_HASH_DIGITS]


def _joined(name: str, digest: str, longest: int) -> str:
    return f"{name[: longest - len(digest) - 1].rstrip('-')}-{digest}"
