"""The Pulumi program reads its stack's config into a spec, and refuses what it cannot declare."""

import runpy
from pathlib import Path

import pytest

pulumi = pytest.importorskip("pulumi", reason="needs the extra 'aws' or 'azure'")
MINIMAL = {
    "name": "a",
    "model": "smollm2-135m-instruct",
    "cloud": "local",
    "engine": "llama.cpp",
    "weights": "m.gguf",
    "context_tokens": "4096",
    "parallel": "4",
}
DOOR = Path(__file__).parents[2] / "infra" / "__main__.py"


@pytest.fixture
def configured():
    """Set the stack's config as the engine does."""

    def set_config(values):
        pulumi.runtime.set_all_config({f"llamactl:{name}": text for name, text in values.items()})

    yield set_config
    pulumi.runtime.set_all_config({})


def test_an_incomplete_config_is_told_whole(configured):
    configured({"name": "a", "cloud": "nowhere"})

    with pytest.raises(pulumi.RunError) as error:
        runpy.run_path(str(DOOR))

    assert "model: is missing" in str(error.value)
    assert "cloud: 'nowhere' is not one of aws, azure, local" in str(error.value)


def test_this_machine_is_deployed_by_the_command(configured):
    configured(MINIMAL)

    with pytest.raises(
        pulumi.RunError, match="llamactl deploy smollm2-135m-instruct --cloud local"
    ):
        runpy.run_path(str(DOOR))


@pytest.mark.parametrize(
    ("cloud", "package"), [("aws", "pulumi_aws"), ("azure", "pulumi_azure_native")]
)
def test_a_cloud_says_what_is_missing_of_a_deployment_there(configured, cloud, package):
    pytest.importorskip(package, reason=f"needs the extra '{cloud}'")
    configured(MINIMAL | {"cloud": cloud})

    with pytest.raises(pulumi.RunError, match="region"):
        runpy.run_path(str(DOOR))
