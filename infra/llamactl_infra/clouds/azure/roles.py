"""Azure's built-in roles, by the ids that are the same in every tenant."""

ACR_PULL = "7f951dda-4ed3-4680-a7ca-43fe172d538d"
BLOB_DATA_READER = "2a2b9908-6ea1-4ae2-8e65-a410df84e7d1"
METRICS_WRITER = "635dd51f-9968-44d3-b7fb-6d9a6bd613ae"
CONNECTION_SECRETS_READER = "ea01e6af-a1c1-4350-9563-ad00f8c72ec5"
"""Source: Azure RBAC, built-in-roles, read 2026-11-22."""


def definition(subscription: str, role: str) -> str:
    """Give the resource id of a role in a subscription."""
    kind = "Microsoft.Authorization/roleDefinitions"
    return f"/subscriptions/{subscription}/providers/{kind}/{role}"
