"""Resources are asked for by the version of the API that Pulumi makes them by."""

import re
from importlib.util import find_spec
from pathlib import Path

import pytest

from infra.azure_ml.places import ENDPOINT, GROUP, WORKSPACE
from llamactl_infra.clouds.azure.versions import ML, RESOURCES, version_of
from standins.azure.translation import KINDS

VALUES = {"group": GROUP, "scope": WORKSPACE, "resourceUri": ENDPOINT}
PATHS = {
    kind: re.sub(r"{(\w+)}", lambda found: VALUES.get(found[1], "name"), each.path)
    for kind, each in KINDS.items()
}


def declared_by(kind):
    found = find_spec("pulumi_azure_native")
    if found is None:
        pytest.skip("needs the extra 'azure'")
    service, _, name = kind.partition(":")
    file = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower()
    (folder,) = found.submodule_search_locations or ()
    text = Path(folder, service, f"{file}.py").read_text("utf-8")
    told = re.search(r"Uses Azure REST API version ([\w-]+)", text)
    assert told is not None
    return told[1]


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_is_read_by_the_version_that_it_is_made_by(kind):
    assert version_of(PATHS[kind]) == declared_by(kind)


@pytest.mark.parametrize(
    ("path", "version"),
    [
        ("/subscriptions", "2022-12-01"),
        ("/subscriptions/s", "2022-12-01"),
        ("/subscriptions/s/providers/Microsoft.Storage", RESOURCES),
        ("/subscriptions/s/resourceGroups/g/resources", RESOURCES),
        ("/subscriptions/s/providers/Microsoft.Authorization/permissions", "2022-04-01"),
        ("/subscriptions/s/providers/microsoft.machinelearningservices/locations/x/usages", ML),
        ("/subscriptions/s/providers/Microsoft.KeyVault/locations/x/deletedVaults/v", "2024-11-01"),
    ],
)
def test_what_is_no_resource_has_its_services_version(path, version):
    assert version_of(path) == version
