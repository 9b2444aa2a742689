"""How engines are started: whole settings, each version's ways, and never more than the memory."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from containers.engines.launch_goldens import GOLDEN, launch_order, settings, text
from llamactl_catalog.catalog import load_catalog
from llamactl_catalog.engine_models import loading_versions
from llamactl_catalog.engine_versions import engine_lines, engine_version
from llamactl_catalog.errors import InvalidInput, NoCapacity
from llamactl_catalog.hardware_tables import load_accelerators
from llamactl_catalog.memory import memory
from llamactl_catalog.prefill import prefill_tokens
from llamactl_catalog.replica import Replica
from llamactl_catalog.serving_contracts import serving_contract, serving_contracts
from llamactl_catalog.sharding import shard_counts
from llamactl_catalog.workload import Workload
from llamactl_containers.engines.choice import CONTAINER_ENGINES
from llamactl_containers.engines.engine import ARGUMENTS, LaunchOrder, LaunchSettings, stop_s
from llamactl_containers.engines.tgi import for_ready_image

MODELS = load_catalog().models
GPUS = [*load_accelerators().values()]
LONG = Workload(6000, 500, concurrency=2, context_tokens=8192)


def test_every_engine_is_started_as_the_golden_file_says():
    assert text() == GOLDEN.read_text("utf-8")


def test_the_engines_are_those_of_the_table():
    assert set(CONTAINER_ENGINES) == set(engine_lines())


def test_tgi_below_3_takes_no_prompt_longer_than_one_prefill():
    new = launch_order("llama-3.1-8b", "none", "a100-sxm-40gb", 1, "sagemaker", "tgi", LONG)
    short = replace(LONG, input_tokens=4096)
    old = replace(new, version=engine_version("tgi@2.4.0"), workload=short)

    assert settings(new).environment["MAX_INPUT_TOKENS"] == "8191"
    assert settings(new).environment["MAX_BATCH_PREFILL_TOKENS"] == "4096"
    assert settings(old).environment["MAX_INPUT_TOKENS"] == "4096"
    assert "GRACEFUL_TERMINATION_TIMEOUT" not in settings(old).environment


def test_weights_of_the_hub_are_named_by_their_commit():
    order = launch_order(
        "llama-2-7b", "none", "a10g", 1, "azureml", weights="org/model", revision="01c7f73"
    )

    assert settings(order).environment["MODEL_ID"] == "org/model"
    assert settings(order).environment["REVISION"] == "01c7f73"


def test_a_platform_that_passes_an_environment_alone_gets_the_arguments_in_it():
    made = LaunchSettings({"A": "1"}, ("--max-model-len", "4096"))

    assert made.as_environment() == {"A": "1", ARGUMENTS: "--max-model-len\n4096"}
    assert LaunchSettings({"A": "1"}).as_environment() == {"A": "1"}


def test_settings_cannot_be_changed():
    with pytest.raises(TypeError):
        LaunchSettings({"A": "1"}).environment["A"] = "2"


def test_a_ready_image_reads_the_weights_that_the_platform_fetched():
    order = launch_order("llama-2-7b", "gptq", "a10g", 1, "sagemaker")
    made = for_ready_image(settings(order), order.contract).environment

    assert made["HF_MODEL_ID"] == "/opt/ml/model"
    assert made["HF_MODEL_QUANTIZE"] == "gptq"
    assert "NUM_SHARD" not in made
    assert "QUANTIZE" not in made


@pytest.mark.parametrize(
    ("engine", "changes", "error", "words"),
    [
        ("vllm", {"quantization": "eetq"}, InvalidInput, "vllm 0.10.2 has no eetq"),
        (
            "tgi",
            {"version": engine_version("tgi@2.4.0"), "workload": Workload(5000, 1, 1, 6000)},
            InvalidInput,
            "tgi 2.4.0 takes prompts of at most 4096 tokens, and the load has 5000",
        ),
        ("tgi", {"num_shard": 3}, InvalidInput, "32 heads do not split evenly over 3 shards"),
        (
            "tgi",
            {"max_kv_tokens": 100},
            NoCapacity,
            "a context of 4,096 tokens, and memory for 100",
        ),
    ],
)
def test_what_cannot_be_served_is_told(engine, changes, error, words):
    order = launch_order("llama-2-7b", "none", "a10g", 1, "sagemaker", engine)

    with pytest.raises(error, match=words):
        settings(replace(order, **changes))


def test_all_goes_to_one_route_where_the_platform_has_one():
    sagemaker, azureml = serving_contract("sagemaker"), serving_contract("azureml")
    tgi, vllm = CONTAINER_ENGINES["tgi"], CONTAINER_ENGINES["vllm"]

    routes = tgi.routes(engine_version("tgi"), sagemaker)
    assert (routes.generate, routes.chat, routes.health) == ("/invocations",) * 2 + ("/ping",)
    assert (routes.port, routes.metrics) == (8080, None)
    assert tgi.routes(engine_version("tgi@2.3.1"), sagemaker).chat is None
    assert tgi.routes(engine_version("tgi@2.3.1"), azureml).chat == "/v1/chat/completions"
    assert vllm.routes(engine_version("vllm"), azureml).generate is None
    assert vllm.routes(engine_version("vllm"), sagemaker).chat == "/invocations"


@st.composite
def orders(draw):
    """A placement that the planner finds room for."""
    model = draw(st.sampled_from(MODELS))
    line = draw(st.sampled_from([*engine_lines().values()]))
    version = line.versions[draw(st.sampled_from(loading_versions(model, line.name)))]
    quantization = draw(st.sampled_from(version.quantizations))
    counts = shard_counts(model, quantization, 8)
    context = draw(st.integers(2, model.architecture.context_tokens))
    tokens = st.integers(1, context)
    prefill = prefill_tokens(model.architecture, context)
    longest = context if version.prefill_in_pieces else min(context - 1, prefill)
    prompt = draw(st.integers(1, longest))
    workload = Workload(prompt, draw(tokens), draw(st.integers(1, 300)), context)
    gpu = draw(st.sampled_from(GPUS))
    if not counts:
        return None
    shards = draw(st.sampled_from(counts))
    planned = memory(Replica(model, quantization, gpu, shards), workload)
    if not planned.fits:
        return None
    contract = draw(st.sampled_from([*serving_contracts().values()]))
    kv_tokens = planned.max_kv_tokens
    return LaunchOrder(model, quantization, shards, workload, kv_tokens, version, contract)


@given(orders().filter(lambda order: order is not None))
def test_settings_never_ask_for_more_tokens_than_the_memory_has_room_for(order):
    made = settings(order)

    if order.version.engine == "tgi":
        values = made.environment
        longest, whole = int(values["MAX_INPUT_TOKENS"]), int(values["MAX_TOTAL_TOKENS"])
        prefill = int(values["MAX_BATCH_PREFILL_TOKENS"])
        batch = int(values.get("MAX_BATCH_TOTAL_TOKENS", order.max_kv_tokens))
    else:
        values = dict(zip(made.arguments[::2], made.arguments[1::2], strict=True))
        longest, whole = 1, int(values["--max-model-len"])
        prefill, batch = order.workload.context_tokens, order.max_kv_tokens
        assert int(values["--max-num-seqs"]) == order.workload.concurrency
    assert 1 <= longest < whole <= batch <= order.max_kv_tokens
    assert prefill <= whole
    if order.version.engine == "tgi":
        assert prefill == prefill_tokens(order.model.architecture, whole)
        assert order.version.prefill_in_pieces or longest <= prefill


@given(orders().filter(lambda order: order is not None))
def test_settings_keep_to_what_every_platform_takes(order):
    contract = order.contract
    made = settings(order).as_environment()

    assert made["NUM_SHARD"] == str(order.num_shard)
    assert "API_KEY" not in made
    assert all(len(value) <= (contract.max_variable_bytes or 1024) for value in made.values())
    setting = order.version.stop_setting
    if setting is not None:
        assert int(made[setting]) == stop_s(contract) < contract.stop_s
