"""An update of each setting by the real `pulumi`, on both clouds: what is done, in which order.

Settings that do the same change together, a few at a time; `infra/test_settings.py` holds each one
by itself to what is declared. All tests of a cloud share one deployment, which stays one.
"""

import pytest

pytest.importorskip("pulumi_aws", reason="needs the extra 'aws'")
pytest.importorskip("pulumi_azure_native", reason="needs the extra 'azure'")
from cli.clouds.azure_room import azure_room
from cli.clouds.sagemaker_room import aws_room
from infra.azure_ml.specs import ACCOUNT, REGISTRY
from infra.azure_ml.stacks import Watched
from infra.settings_cases import BASES, CASES, together, with_changes
from standins.azure.asking import put

pytestmark = pytest.mark.engine
FLEET = ("CreateModel", "CreateEndpoint", "UpdateEndpoint", "DeleteEndpoint", "DeleteModel")
NEW_CONFIGURATION = ["CreateEndpointConfig", "UpdateEndpoint", "DeleteEndpointConfig"]
LAST = {}
NEW_FLEETS = (["CreateModel", *NEW_CONFIGURATION, "DeleteModel"], NEW_CONFIGURATION)


def groups(cloud):
    return [
        pytest.param(outcome, names, id=f"{outcome}-{names[0]}-{len(names)}".replace(" ", "-"))
        for outcome in ("nothing", "in place", "new fleet", "beside")
        for names in together(cloud, outcome, 12)
    ]


@pytest.fixture(scope="module")
def on_aws(tmp_path_factory):
    with aws_room(tmp_path_factory.mktemp("aws")) as room:
        room.deploy(BASES["aws"])
        yield room
        room.destroy()
        assert room.aws.everything() == []


@pytest.fixture(scope="module")
def on_azure(tmp_path_factory):
    with azure_room(tmp_path_factory.mktemp("azure")) as room:
        for each in (f"{REGISTRY}2", ACCOUNT, f"{ACCOUNT}2"):
            put(room.azure.url, each, {"location": "westeurope", "properties": {}})
        room.deploy(BASES["azure"])
        yield room
        room.destroy()
        assert not [each for each in room.azure.store.resources if "/llamas/" in each.lower()]


def set_up(room, cloud, outcome, names):
    """Have what must be so before, and return the spec with the settings changed.

    After a group of the same kind it is so: that those settings go back is of the same outcome.
    """
    cases = [CASES[cloud][name] for name in names]
    spec = with_changes(BASES[cloud], cases[0].before, cases[0].before_own)
    kind = (outcome, spec)
    if LAST.get(cloud) != kind and room.spec != spec:
        room.deploy(spec)
        room.done()
    LAST[cloud] = kind
    for each in cases:
        spec = with_changes(spec, each.changes, each.own)
    return spec


@pytest.mark.parametrize(("outcome", "names"), groups("aws"))
def test_on_aws(on_aws, outcome, names):
    spec = set_up(on_aws, "aws", outcome, names)

    on_aws.deploy(spec)

    done = on_aws.done()
    fleet = [each for each in done if each.startswith(FLEET)]
    match outcome:
        case "nothing":
            assert done == []
        case "beside":
            assert (fleet, bool(done)) == ([], True)
        case "in place":
            assert fleet == ["UpdateEndpoint"]
        case "new fleet":
            assert fleet in NEW_FLEETS
    there = on_aws.aws.everything()
    kinds = ("endpoint", "configuration", "model")
    assert [sum(each.startswith(f"{kind} ") for each in there) for kind in kinds] == [1, 1, 1]
    (seen,) = on_aws.aws.client("sagemaker").list_endpoints()["Endpoints"]
    assert seen["EndpointStatus"] == "InService"


@pytest.mark.parametrize(("outcome", "names"), groups("azure"))
def test_on_azure(on_azure, outcome, names):
    spec = set_up(on_azure, "azure", outcome, names)
    old, seen = on_azure.serving(), Watched(on_azure.azure)

    on_azure.deploy(spec)

    new, (endpoint,) = on_azure.serving(), on_azure.azure.endpoints()
    done = seen.of_the_endpoint()
    match outcome:
        case "nothing":
            assert seen.changes() == []
        case "beside":
            assert old == new
            assert [each for each in done if each[1] != endpoint["name"]] == []
        case "in place":
            assert old == new
            assert ("PUT", old) in done
            assert ("DELETE", old) not in done
        case "new fleet":
            moved = ("PUT", endpoint["name"])
            assert done.index(("PUT", new)) < done.index(moved) < done.index(("DELETE", old))
            assert [each for each in done if each[0] == "DELETE"] == [("DELETE", old)]
