"""What the program declares for another value of each setting: nothing, beside, in place, new."""

import json

import pytest

pytest.importorskip("pulumi_aws", reason="needs the extra 'aws'")
pytest.importorskip("pulumi_azure_native", reason="needs the extra 'azure'")
from infra.azure_ml.declaring import declared as declared_on_azure
from infra.sagemaker.declared import declared as declared_on_aws
from infra.settings_cases import CASES, before_and_after, names_of
from llamactl_catalog.errors import LlamactlError

# What serves: its name tells whether another one is made, its inputs whether it is updated.
SERVING = {
    "aws": ("model:Model", "endpointConfiguration:EndpointConfiguration", "endpoint:Endpoint"),
    "azure": (":OnlineDeployment",),
}
NAMES = {"aws": "name", "azure": "deploymentName"}


def every(cloud):
    return [(cloud, name) for name, case in CASES[cloud].items() if case.outcome != "elsewhere"]


SEEN = {}  # what stands is the same for most


def resources(spec):
    """All that is declared, by type and name."""
    config = tuple(sorted(spec.to_config().items()))  # not its repr, which leaves secrets out
    if config not in SEEN:
        SEEN[config] = dict(_declared(spec))
    return SEEN[config]


def _declared(spec):
    if spec.cloud == "aws":
        return {f"{kind} {name}": dict(inputs) for kind, name, inputs in declared_on_aws(spec)[0]}
    return json.loads(declared_on_azure(spec))["resources"]


def serving(spec):
    found = {
        kind: inputs
        for kind, inputs in resources(spec).items()
        if kind.partition(" ")[0].endswith(SERVING[spec.cloud])
    }
    told = {
        kind: {name: value for name, value in inputs.items() if name not in ("tags", "tagsAll")}
        for kind, inputs in found.items()
    }
    return told, [inputs[NAMES[spec.cloud]] for inputs in told.values()]


def outcome_of(before, after):
    try:
        (new, new_names), (old, old_names) = serving(after), serving(before)
    except LlamactlError:
        return "refused"
    if new_names != old_names:
        return "new fleet"
    if new != old:
        return "in place"
    return "beside" if resources(after) != resources(before) else "nothing"


@pytest.mark.parametrize("cloud", CASES)
def test_every_setting_has_a_case(cloud):
    assert set(CASES[cloud]) == names_of(cloud)


@pytest.mark.parametrize(("cloud", "name"), [*every("aws"), *every("azure")])
def test_another_value_does_what_its_case_says(cloud, name):
    before, after = before_and_after(cloud, name)

    assert before != after
    assert outcome_of(before, after) == CASES[cloud][name].outcome
