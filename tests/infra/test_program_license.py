"""`pulumi up` is no way around the license: the program reads the ledger itself."""

import runpy
from dataclasses import replace
from pathlib import Path

import pytest

from catalog.acceptances import LLAMA_2, TERMS
from llamactl_containers.licensing.ledger import open_ledger

pulumi = pytest.importorskip("pulumi", reason="needs the extra 'aws' or 'azure'")
pytest.importorskip("pulumi_aws", reason="needs the extra 'aws'")
DOOR = Path(__file__).parents[2] / "infra" / "__main__.py"
SPEC = {
    "name": "a",
    "model": "llama-2-7b-chat",
    "cloud": "aws",
    "engine": "tgi",
    "weights": "meta-llama/Llama-2-7b-chat-hf",
    "context_tokens": "4096",
    "parallel": "4",
}
PASSED = "instance_type: is missing"  # the gate is before all that a cloud would refuse


@pytest.fixture
def up():
    """Run the program on a stack's config as the engine does; gives what it fails with."""

    def run(values):
        pulumi.runtime.set_all_config({f"llamactl:{name}": text for name, text in values.items()})
        with pytest.raises(pulumi.RunError) as error:
            runpy.run_path(str(DOOR))
        return str(error.value)

    yield run
    pulumi.runtime.set_all_config({})


@pytest.fixture
def ledger(tmp_path):
    return open_ledger(str(tmp_path / "ledger"))


def spec_with(ledger, acceptance):
    record = ledger.append(acceptance)
    return SPEC | {"license_acceptance": record.id, "license_ledger": ledger.address}


def test_a_config_without_an_acceptance_is_refused(up):
    assert "is not accepted" in up(SPEC)


def test_a_config_that_names_a_record_proves_nothing_by_that(up, ledger):
    named = SPEC | {"license_acceptance": "ab" * 8, "license_ledger": ledger.address}

    assert "has no record abababababababab" in up(named)


def test_a_record_that_covers_the_model_lets_in(up, ledger):
    assert PASSED in up(spec_with(ledger, LLAMA_2))


def test_a_record_of_another_text_does_not(up, ledger):
    text = replace(TERMS.texts[0], normalized_sha256="ab" * 32, known_sha256="ab" * 32)
    other = replace(LLAMA_2, terms=replace(TERMS, texts=(text, TERMS.texts[1])))

    assert "is not accepted" in up(spec_with(ledger, other))


def test_a_ledger_that_was_touched_does_not(up, ledger, tmp_path):
    spec = spec_with(ledger, LLAMA_2)
    path = tmp_path / "ledger" / "records" / "00000001.json"
    path.write_bytes(path.read_bytes().replace(b"Jane", b"Joan"))

    assert "00000001.json was edited" in up(spec)


@pytest.mark.parametrize(
    ("model", "words"), [("mpt-7b-chat", "non-commercial"), ("falcon-180b", "hosted for others")]
)
def test_a_use_that_is_kept_back_needs_its_override(up, ledger, model, words):
    assert words in up(spec_with(ledger, LLAMA_2) | {"model": model})


def test_a_model_that_asks_for_nothing_needs_no_ledger(up):
    own = {"model": "mistral-7b-instruct-v0.2", "weights": "mistralai/Mistral-7B-Instruct-v0.2"}

    assert PASSED in up(SPEC | own)


def test_another_models_weights_are_under_their_own_license(up):
    assert "llama-2-7b-chat is not accepted" in up(SPEC | {"model": "mistral-7b-instruct-v0.2"})


@pytest.mark.parametrize("weights", ["META-LLAMA/Llama-2-7b-chat-hf", "llama-2-7b-chat"])
def test_a_model_that_the_overlay_hides_is_under_its_license_still(up, tmp_path, weights):
    overlay = tmp_path / "acme.toml"
    overlay.write_text('[[deny]]\nreason = "no"\nlicenses = ["llama-2"]\n')
    own = {"model": "mistral-7b-instruct-v0.2", "weights": weights}

    assert "Llama 2 Community License" in up(SPEC | own | {"catalog_overlay": str(overlay)})


def test_a_record_of_the_weights_license_lets_them_in_under_another_name(up, ledger):
    own = {"model": "mistral-7b-instruct-v0.2"}

    assert PASSED in up(spec_with(ledger, LLAMA_2) | own)


def test_the_model_and_its_weights_may_need_a_record_each(up, ledger):
    spec = spec_with(ledger, LLAMA_2) | {"weights": "meta-llama/Llama-3.1-8B"}

    assert "Llama 3.1" in up(spec)
