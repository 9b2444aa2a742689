"""Which version of its API each kind of Azure's resources is asked by.

Those of resources that are declared are Pulumi's own: what it made is read as it was made. Source:
pulumi-azure-native 3.29, the default version of each resource; azure-ai-ml 1.35.2; read 2026-11-22.
"""

import re
from collections.abc import Mapping

ML = "2025-12-01"
RESOURCES = "2024-03-01"
_SUBSCRIPTIONS = "2022-12-01"
_PROVIDERS = "/providers/"

VERSIONS: Mapping[str, str] = {
    "microsoft.alertsmanagement": "2021-04-01",
    "microsoft.authorization": "2022-04-01",
    "microsoft.containerregistry": "2023-01-01-preview",
    "microsoft.insights/actiongroups": "2023-01-01",
    "microsoft.insights/autoscalesettings": "2021-05-01-preview",
    "microsoft.insights/components": "2020-02-02",
    "microsoft.insights/diagnosticsettings": "2021-05-01-preview",
    "microsoft.insights/metricalerts": "2018-03-01",
    "microsoft.keyvault": "2024-11-01",
    "microsoft.machinelearningservices": ML,
    "microsoft.managedidentity": "2023-01-31",
    "microsoft.network": "2024-05-01",
    "microsoft.operationalinsights": "2023-09-01",
    "microsoft.storage": "2024-01-01",
}
"""By service, or by its type where the service has several, in lower case."""


def version_of(path: str) -> str:
    """Give the version that a resource, a list or an action is asked by."""
    _, is_of_service, last = path.lower().rpartition(_PROVIDERS)
    if not is_of_service or "/" not in last:  # a group, a subscription; a service itself
        return RESOURCES if re.match(r"/subscriptions/[^/]+/.", path.lower()) else _SUBSCRIPTIONS
    service, _, rest = last.partition("/")
    kind = f"{service}/{rest.partition('/')[0]}"
    return VERSIONS.get(kind) or VERSIONS.get(service) or ML
