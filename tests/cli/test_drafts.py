"""Specs as deploy makes them: each is one that its cloud takes, started with what was planned."""

from dataclasses import replace
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cli.deploy_goldens import CLOUDS, SIZES, app_in, candidates_for, made
from llamactl.pipeline.confirmation_page import confirmation_page
from llamactl.pipeline.preparing import with_pinned_image
from llamactl_catalog.engine_versions import engine_version
from llamactl_catalog.errors import InvalidInput, NoAccess, NotFound
from llamactl_catalog.memory import RESERVE
from llamactl_infra.clouds.aws.checks import check as check_on_aws
from llamactl_infra.clouds.aws.environment import container_environment
from llamactl_infra.clouds.aws.host_image import inference_ami
from llamactl_infra.clouds.azure.checks import check as check_on_azure
from llamactl_infra.given_settings import split_setting, with_settings
from llamactl_infra.live.cloud import Account
from llamactl_infra.spec import Spec
from standins.azure import SUBSCRIPTION

CHECKS = {"aws": check_on_aws, "azure": check_on_azure}
DIGEST = f"sha256:{'ab' * 32}"
LIN = {
    "aws": Account("aws", "111122223333", "lin"),
    "azure": Account("azure", SUBSCRIPTION, "lin"),
}
ACCOUNT = (
    f"/subscriptions/{SUBSCRIPTION}/resourceGroups/shared/providers"
    "/Microsoft.Storage/storageAccounts/llamas"
)
REGISTRY = (
    f"/subscriptions/{SUBSCRIPTION}/resourceGroups/shared/providers"
    "/Microsoft.ContainerRegistry/registries/llamas"
)
OPTIONS = {
    "plain": {},
    "long name": {"name": "a-very-long-name-of-a-deployment-that-is-cut-somewhere-by-clouds"[:60]},
    "owner": {"owner": "platform team", "expires_on": "2027-01-31"},
    "rolling": {"update": "all-at-once", "timeout_s": 1800},
    "settings": {"settings": (("log_days", "90"), ("tags.cost-center", "42"))},
}
OWN = {
    "aws": {"image": f"111122223333.dkr.ecr.us-east-1.amazonaws.com/llamactl/tgi@{DIGEST}"},
    "azure": {
        "image": f"llamas.azurecr.io/llamactl/tgi@{DIGEST}",
        "settings": (
            ("azure_ml.container_registry", REGISTRY),
            ("azure_ml.storage_account", ACCOUNT),
        ),
    },
}
PLACES = {"aws": "s3://weights/staged", "azure": "az://weights/staged"}
SMALL = "mistral-7b-instruct-v0.3"


@pytest.fixture
def app(tmp_path):
    return app_in(tmp_path)


def staged(app, model, cloud, **options):
    """On an image of one's own, with weights in one's own storage."""
    found = candidates_for(model, cloud)
    first = found.placements[0]
    own = dict(OWN[cloud])
    own["image"] = own["image"].replace("us-east-1", first.offer.price.region)
    settings = (*own.pop("settings", ()), *options.pop("settings", ()))
    return made(app, model, cloud, weights=PLACES[cloud], settings=settings, **own, **options)


@pytest.mark.parametrize("quantization", ["none", "bitsandbytes-nf4", "eetq", "fp8"])
@pytest.mark.parametrize(("model", "cloud"), [*product(SIZES, CLOUDS)])
def test_every_size_and_quantization_makes_a_spec_that_its_cloud_takes(
    app, model, cloud, quantization
):
    found = candidates_for(model, cloud, (quantization,))

    for options in OPTIONS.values():
        spec = made(app, model, cloud, found=found, **options).spec
        CHECKS[cloud](spec)
        assert Spec.from_config(spec.to_config()) == spec


@pytest.mark.parametrize(("model", "cloud"), [*product(SIZES, CLOUDS)])
def test_so_does_an_image_of_ones_own_with_staged_weights(app, model, cloud):
    ready = staged(app, model, cloud)

    CHECKS[cloud](ready.spec)
    assert (ready.image.kind, ready.weights.kind) == ("named", "staged")
    assert ready.spec.hub_token is None


@pytest.mark.parametrize("cloud", CLOUDS)
def test_every_placement_of_a_plan_makes_a_spec_that_its_cloud_takes(app, cloud):
    found = candidates_for(SMALL, cloud)

    for placement in found.placements[:40]:
        one = replace(found, placements=(placement,))
        CHECKS[cloud](made(app, SMALL, cloud, found=one).spec)


@pytest.mark.parametrize(("model", "cloud"), [*product(SIZES, CLOUDS)])
def test_the_engine_is_started_as_it_was_planned(app, model, cloud):
    ready = made(app, model, cloud)
    told = ready.spec.environment
    shards = {told.get("NUM_SHARD"), told.get("SM_NUM_GPUS")} - {None}

    assert shards == {str(ready.placement.num_shard)}
    assert told["MAX_TOTAL_TOKENS"] == "4096"
    assert int(told["MAX_BATCH_PREFILL_TOKENS"]) == ready.spec.prefill_tokens
    assert told["GRACEFUL_TERMINATION_TIMEOUT"] == "25"
    assert (told["CUDA_MEMORY_FRACTION"], RESERVE) == ("1.0", 0.1)
    assert {"API_KEY", "HF_TOKEN"} & set(told) == set()


def test_a_ready_image_is_told_by_its_own_names(app):
    spec = made(app, SMALL, "aws", found=candidates_for(SMALL, "aws", ("bitsandbytes-nf4",))).spec

    assert spec.environment["HF_MODEL_ID"] == "mistralai/Mistral-7B-Instruct-v0.3"
    assert spec.environment["HF_MODEL_QUANTIZE"] == "bitsandbytes-nf4"
    assert "QUANTIZE" not in container_environment(spec)


def test_staged_weights_are_where_a_ready_image_looks(app):
    spec = made(app, "llama-2-7b-chat", "aws").spec

    assert spec.weights_uri == (
        f"s3://sagemaker-{spec.region}-000000000000/llamactl/llama-2-7b-chat/{spec.revision}/"
    )
    assert container_environment(spec)["HF_MODEL_ID"] == "/opt/ml/model"


def test_the_engines_own_image_listens_where_azure_asks(app):
    assert made(app, SMALL, "azure").spec.environment["PORT"] == "8080"


def test_an_instance_takes_as_many_requests_as_it_has_room_for(app):
    ready = made(app, "llama-2-7b-chat", "azure")

    each = 512 + 256
    assert ready.spec.azure_ml.concurrency == ready.placement.memory.max_kv_tokens // each
    assert ready.spec.azure_ml.concurrency > ready.spec.parallel


def test_the_account_takes_the_placeholders_place(app):
    on_aws = made(app, "llama-2-7b-chat", "aws", account=LIN["aws"]).spec
    on_azure = made(app, SMALL, "azure", account=LIN["azure"]).spec

    assert "-111122223333/" in on_aws.weights_uri
    assert on_azure.azure_ml.subscription == SUBSCRIPTION


def test_gated_weights_take_the_token_where_it_stays_a_secret(app, monkeypatch):
    monkeypatch.setenv("HF_TOKEN", "hf_secret")

    ready = made(app, "llama-2-7b-chat", "azure", account=LIN["azure"])

    assert (ready.weights.kind, ready.spec.hub_token) == ("token", "hf_secret")
    assert "hf_secret" not in repr(ready)


def test_without_a_token_gated_weights_are_refused(app, monkeypatch, tmp_path):
    for name in ("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HF_HOME", str(tmp_path))

    with pytest.raises(NoAccess) as refused:
        made(app, "llama-2-7b-chat", "azure", account=LIN["azure"])

    assert "set HF_TOKEN" in refused.value.hint


@pytest.mark.parametrize(
    ("cloud", "options", "words"),
    [
        ("aws", {"weights": "hub"}, "no token can be kept secret"),
        ("azure", {"weights": "az://weights/x"}, "does not find weights"),
        ("azure", {"settings": (("azure_ml.public_egress", "false"),)}, "reach no Hub"),
        ("azure", {"image": f"llamas.azurecr.io/tgi@{DIGEST}"}, "may not pull"),
        (
            "azure",
            {"image": f"111122223333.dkr.ecr.us-east-1.amazonaws.com/tgi@{DIGEST}"},
            "no endpoint there pulls",
        ),
        ("aws", {"image": f"docker.io/llamas/tgi@{DIGEST}"}, "not in ECR"),
    ],
)
def test_what_the_cloud_could_not_do_is_refused_before(app, cloud, options, words):
    with pytest.raises(InvalidInput, match=words):
        made(app, "llama-2-7b-chat", cloud, **options)


def test_weights_in_a_container_ask_for_its_account(app):
    image = {"image": f"docker.io/llamas/tgi@{DIGEST}"}

    with pytest.raises(InvalidInput) as refused:
        made(app, SMALL, "azure", weights="az://weights/x", **image)

    assert "azure_ml.storage_account" in refused.value.hint


def test_an_isolated_endpoint_gets_its_weights_staged(app):
    isolated = (("sagemaker.network_isolation", "true"),)

    assert made(app, SMALL, "aws", settings=isolated).weights.kind == "staged"


def test_quantized_weights_are_taken_where_they_lie(app):
    found = candidates_for(SMALL, "aws", ("awq",))

    with pytest.raises(InvalidInput, match="quantized so before"):
        made(app, SMALL, "aws", found=found)
    ready = made(app, SMALL, "aws", found=found, weights="s3://weights/awq")
    assert (ready.weights.kind, ready.spec.weights_uri) == ("prepared", "s3://weights/awq/")


def test_a_ready_image_is_named_by_the_digest_that_its_registry_tells(app):
    ready = made(app, "llama-2-7b-chat", "aws", account=LIN["aws"])
    asked = []

    pinned = with_pinned_image(ready, lambda reference: asked.append(reference) or DIGEST)

    assert asked == [ready.spec.image]
    assert pinned.spec.image == f"{ready.spec.image.rpartition(':')[0]}@{DIGEST}"
    assert "by its tag" not in confirmation_page(pinned)
    check_on_aws(pinned.spec)
    assert container_environment(pinned.spec) == container_environment(ready.spec)
    assert inference_ami(pinned.spec, "ml.g5.2xlarge") == inference_ami(ready.spec, "ml.g5.2xlarge")


def test_where_the_registry_does_not_tell_the_page_says_that_it_is_by_its_tag(app):
    ready = made(app, "llama-2-7b-chat", "aws", account=LIN["aws"])

    kept = with_pinned_image(ready, lambda _reference: None)

    assert kept.spec == ready.spec
    assert "by its tag" in confirmation_page(kept)


def test_a_ready_image_that_runs_by_its_digest_stays_whatever_its_tag_has_become(app):
    first = with_pinned_image(
        made(app, "llama-2-7b-chat", "aws", account=LIN["aws"]), lambda _reference: DIGEST
    )
    found = replace(candidates_for("llama-2-7b-chat", "aws"), stored=first.spec)

    for image in (None, "ready"):
        again = made(app, "llama-2-7b-chat", "aws", account=LIN["aws"], found=found, image=image)
        assert with_pinned_image(again, pytest.fail).spec == first.spec


def test_a_ready_image_of_azure_does_not_exist(app):
    with pytest.raises(NotFound) as refused:
        made(app, SMALL, "azure", image="ready")

    assert "--registry" in refused.value.hint


def test_an_image_that_is_yet_to_be_built_leaves_its_place_open(app):
    region = candidates_for(SMALL, "aws").placements[0].offer.price.region
    registry = f"111122223333.dkr.ecr.{region}.amazonaws.com"

    ready = made(app, SMALL, "aws", registry=registry)

    assert (ready.image.kind, ready.spec.image) == ("built", None)
    assert ready.spec.engine_version == engine_version("tgi").version


def test_the_engines_image_by_the_users_digest_is_known_as_such(app):
    name = "ghcr.io/huggingface/text-generation-inference"

    assert made(app, SMALL, "azure", image=f"{name}:3.3.5@{DIGEST}").image.kind == "published"


KEYS = st.sampled_from(["log_days", "alarms", "tags.x", "environment.Y", "sagemaker.bake_s"])


@given(st.lists(st.tuples(KEYS, st.integers(1, 9)), max_size=4))
def test_settings_are_typed_or_refused_and_others_stay(pairs):
    spec = Spec("n", "m", "aws", "tgi", "w", 10, 1, tags={"own": "1"})
    texts = [(key, str(value)) for key, value in pairs]
    if any(key == "alarms" for key, _ in texts):
        with pytest.raises(InvalidInput, match="neither true nor false"):
            with_settings(spec, texts, "sagemaker")
        return

    told = with_settings(spec, texts, "sagemaker")

    last = dict(texts)
    assert told.log_days == int(last.get("log_days", spec.log_days))
    assert told.tags == {"own": "1"} | ({"x": last["tags.x"]} if "tags.x" in last else {})
    assert told.name == spec.name


def test_a_list_is_given_by_commas_or_as_json():
    spec = Spec("n", "m", "aws", "tgi", "w", 10, 1)
    by_commas = split_setting("sagemaker.subnets=a, b")
    as_json = split_setting('sagemaker.subnets=["a", "b"]')

    told = [with_settings(spec, [each], "sagemaker").sagemaker for each in (by_commas, as_json)]

    assert told[0] == told[1]
    assert told[0].subnets == ("a", "b")


def test_settings_of_another_cloud_are_passed_over():
    spec = Spec("n", "m", "aws", "tgi", "w", 10, 1)

    assert with_settings(spec, [("azure_ml.auth", "key")], "sagemaker") == spec
