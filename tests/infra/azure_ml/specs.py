"""Specs of deployments on Azure ML, as the command line would make them."""

from dataclasses import replace
from typing import Any

from llamactl_infra.spec import AzureMlSpec, Schedule, Spec
from standins.azure import SUBSCRIPTION

DIGEST = f"sha256:{'d' * 64}"
REGISTRY = (
    f"/subscriptions/{SUBSCRIPTION}/resourceGroups/shared/providers"
    "/Microsoft.ContainerRegistry/registries/llamas"
)
ACCOUNT = (
    f"/subscriptions/{SUBSCRIPTION}/resourceGroups/shared/providers"
    "/Microsoft.Storage/storageAccounts/llamas"
)
SUBNET = (
    f"/subscriptions/{SUBSCRIPTION}/resourceGroups/net/providers"
    "/Microsoft.Network/virtualNetworks/net/subnets/ml"
)
ZONE = (
    f"/subscriptions/{SUBSCRIPTION}/resourceGroups/net/providers"
    "/Microsoft.Network/privateDnsZones/privatelink.api.azureml.ms"
)
KEY = (
    f"/subscriptions/{SUBSCRIPTION}/resourceGroups/shared/providers"
    f"/Microsoft.KeyVault/vaults/keys/keys/ml/versions/{'0' * 32}"
)
HUB_TOKEN = "hf_very_secret"  # noqa: S105 - opens nothing
BLOBS = "https://llamas.blob.core.windows.net/weights/mistral-7b/"

# A model that asks for no acceptance, so that the program declares it without a ledger.
SMALL = Spec(
    name="mistral",
    model="mistral-7b-instruct-v0.2",
    cloud="azure",
    engine="tgi",
    weights="mistralai/Mistral-7B-Instruct-v0.2",
    context_tokens=8192,
    parallel=16,
    revision="3ad372fc79158a2148299e3318516c786aeded6c",
    num_shard=1,
    engine_version="3.3.5",
    region="westeurope",
    instance_type="Standard_NC24ads_A100_v4",
    image=f"llamas.azurecr.io/llamactl/tgi@{DIGEST}",
    weights_bytes=14_483_498_040,
    environment={"MAX_TOTAL_TOKENS": "8192"},
    owner="platform",
    expires_on="2027-01-31",
    usd_per_hour=4.775,
    azure_ml=AzureMlSpec(SUBSCRIPTION, "llamas", container_registry=REGISTRY),
)
MIDDLE = replace(
    SMALL,
    name="llama-13b",
    model="llama-2-13b-chat",
    weights="meta-llama/Llama-2-13b-chat-hf",
    weights_bytes=26_031_738_880,
    revision=None,
)
LARGE = replace(
    SMALL,
    name="llama-70b",
    model="llama-2-70b-chat",
    weights="meta-llama/Llama-2-70b-chat-hf",
    weights_bytes=137_953_316_864,
    revision=None,
    num_shard=4,
    instance_type="Standard_NC96ads_A100_v4",
    usd_per_hour=19.10,
)


def with_own(spec: Spec, **changes: Any) -> Spec:
    """The spec with other settings of Azure ML's own."""
    assert spec.azure_ml is not None
    return replace(spec, azure_ml=replace(spec.azure_ml, **changes))


SCALED = replace(
    SMALL,
    instances=2,
    min_instances=1,
    max_instances=4,
    target_concurrency=12,
    schedules=(Schedule("office-hours", "30 7 * * mon-fri", 2, 4, "W. Europe Standard Time"),),
    alarm_actions=(f"/subscriptions/{SUBSCRIPTION}/resourceGroups/shared/x",),
)
STAGED = with_own(
    replace(SMALL, weights_uri=BLOBS, log_days=90, tags={"cost-center": "42"}),
    storage_account=ACCOUNT,
)
GATED = with_own(
    replace(SMALL, hub_token="hf_very_secret"),  # noqa: S106 - opens nothing
    auth="aad_token",
)
PRIVATE = with_own(
    STAGED,
    public_access=False,
    public_egress=False,
    private_subnet=SUBNET,
    private_dns_zones=(ZONE,),
    key_vault_key=KEY,
)
GIVEN = with_own(STAGED, workspace="shared-ml", resource_group_given=True, public_egress=False)
REGISTERED = with_own(SMALL, model_asset="azureml://registries/azureml/models/mistral/versions/5")
PLAIN = with_own(
    replace(SMALL, image=f"ghcr.io/huggingface/text-generation-inference@{DIGEST}", alarms=False),
    container_registry=None,
)
CANARY = with_own(replace(SMALL, update="canary"), canary_percent=20, bake_s=60)

DECLARED = {
    "7b": SMALL,
    "13b": MIDDLE,
    "70b": LARGE,
    "7b-scaled": SCALED,
    "7b-staged": STAGED,
    "7b-gated": GATED,
    "7b-private": PRIVATE,
    "7b-workspace-given": GIVEN,
    "7b-registered": REGISTERED,
    "7b-plain": PLAIN,
    "7b-canary": CANARY,
}
"""One of each size, and of the options that each change what is declared."""
