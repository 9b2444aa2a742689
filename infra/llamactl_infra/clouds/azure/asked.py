"""What a spec asks of Azure ML beyond names, as values: the program declares and checks by them."""

from collections.abc import Mapping

from llamactl_catalog.errors import InvalidInput
from llamactl_catalog.serving_contracts import contract_of
from llamactl_infra.azure_ml_spec import AzureAuth, AzureMlSpec
from llamactl_infra.clouds.azure.checks import CLOUD
from llamactl_infra.clouds.azure.names import asset_version
from llamactl_infra.spec import Spec

AUTH_MODES: Mapping[AzureAuth, str] = {"key": "Key", "aad_token": "AADToken"}
"""How an endpoint lets callers in, as the service names it."""

HUB_VARIABLE = "HF_TOKEN"
"""The variable that the Hub's token comes by, and its name in the connection."""


def own_of(spec: Spec) -> AzureMlSpec:
    """Give Azure ML's own settings.

    Raises:
        InvalidInput: the spec has none.
    """
    if spec.azure_ml is None:
        raise InvalidInput(f"the spec of '{spec.name}' has no place in Azure")
    return spec.azure_ml


def child(spec: Spec, what: str) -> str:
    """Name a resource of a deployment."""
    return f"{spec.name}-{what}"


def environment(spec: Spec) -> dict[str, str]:
    """Give the container's environment: what the spec says of the model, under what it says itself.

    An image of llamactl's finds the weights that are mounted by itself.
    """
    known: dict[str, str] = {}
    if spec.num_shard is not None:
        known["NUM_SHARD"] = str(spec.num_shard)
    if spec.weights_uri is None and own_of(spec).model_asset is None:
        known["MODEL_ID"] = spec.weights
        if spec.revision is not None:
            known["REVISION"] = spec.revision
    return {**known, **injected(spec), **spec.environment}


def injected(spec: Spec) -> dict[str, str]:
    """Give the variable by which the container gets the Hub's token: a reference, no secret."""
    if spec.hub_token is None:
        return {}
    where = f"azureml://connections/{child(spec, 'hub')}/credentials/{HUB_VARIABLE}"
    return {HUB_VARIABLE: f"${{{{{where}}}}}"}


def concurrency(spec: Spec) -> int:
    """Give how many requests one instance takes at once."""
    own = own_of(spec)
    return own.concurrency if own.concurrency is not None else spec.parallel


def egress(spec: Spec) -> str:
    """Say how a deployment reaches out; in a workspace that is made, its network decides."""
    own = own_of(spec)
    return "Disabled" if own.workspace is not None and not own.public_egress else "Enabled"


def access(spec: Spec) -> str:
    """Say whether the endpoint is reached from everywhere."""
    return "Enabled" if own_of(spec).public_access else "Disabled"


def environment_version(spec: Spec) -> str:
    """Give the version of the asset that is the container with its routes."""
    contract = contract_of(CLOUD)
    return asset_version([spec.image, contract.health, contract.invoke, contract.port])


def model_version(spec: Spec) -> str:
    """Give the version of the asset that is the staged weights."""
    return asset_version([spec.weights_uri, spec.revision])
