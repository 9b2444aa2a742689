"""Which backend Pulumi would use, and which of them are read without it."""

import json
from pathlib import Path

import obstore
import pytest

from llamactl_containers.buckets.address import bucket_address
from llamactl_containers.buckets.opening import open_bucket
from llamactl_infra.stacks.backends import BucketBackend, FolderBackend, backend_of, backend_url
from llamactl_infra.stacks.checkpoints import Checkpoints
from llamactl_infra.stacks.place import StackPlace
from llamactl_infra.stacks.yaml_values import NotReadable

RECORDED = Path(__file__).parent / "recorded"


@pytest.fixture
def place(tmp_path):
    (tmp_path / "Pulumi.yaml").write_text("name: llamactl\nruntime: python\n")
    return StackPlace(tmp_path, None)


def home_of(place):
    return {"HOME": str(place.folder)}


def logged_in(place, url):
    (place.folder / ".pulumi").mkdir(exist_ok=True)
    (place.folder / ".pulumi" / "credentials.json").write_text(json.dumps({"current": url}))


def test_the_environment_is_before_the_project_and_that_before_the_login(place):
    logged_in(place, "file:///login")
    assert backend_url(place, home_of(place)) == "file:///login"

    project = place.folder / "Pulumi.yaml"
    project.write_text(project.read_text() + "backend:\n  url: file:///project\n")
    assert backend_url(place, home_of(place)) == "file:///project"

    own = {**home_of(place), "PULUMI_BACKEND_URL": "file:///environment"}
    assert backend_url(place, own) == "file:///environment"


def test_the_places_own_backend_is_before_all(place):
    own = StackPlace(place.folder, "file:///own", {"PULUMI_BACKEND_URL": "file:///own"})

    assert backend_url(own, {"PULUMI_BACKEND_URL": "file:///environment"}) == "file:///own"


def test_the_folder_of_the_credentials_can_be_named(place, tmp_path):
    (tmp_path / "there").mkdir()
    (tmp_path / "there" / "credentials.json").write_text('{"current": "file:///there"}')

    own = {**home_of(place), "PULUMI_CREDENTIALS_PATH": str(tmp_path / "there")}

    assert backend_url(place, own) == "file:///there"


@pytest.mark.parametrize("text", [None, "", "{}", '{"current": ""}', '{"current": 1}', "[]"])
def test_without_a_login_pulumi_is_asked(place, text):
    if text is not None:
        logged_in(place, "")
        (place.folder / ".pulumi" / "credentials.json").write_text(text)

    with pytest.raises(NotReadable):
        backend_of(place, home_of(place))


def test_a_token_of_pulumi_cloud_leads_to_pulumi(place):
    logged_in(place, "file:///login")

    with pytest.raises(NotReadable):
        backend_of(place, {**home_of(place), "PULUMI_ACCESS_TOKEN": "pul-" + "x"})


def test_a_folder_is_read_directly(place):
    own = {"PULUMI_BACKEND_URL": "file:///a%20folder/states"}

    assert backend_of(place, own) == FolderBackend(Path("/a folder/states"))


@pytest.mark.parametrize(
    "url",
    [
        "file://~/states",
        "file://./states",
        "file:///states?prefix=a",
        "https://api.pulumi.com",
        "gs://states",
        "postgres://host/db",
        "s3://states?endpoint=minio:9000",
        "s3://states?profile=other",
        "azblob://states?protocol=http",
    ],
)
def test_what_only_pulumi_can_read_is_left_to_it(place, url):
    with pytest.raises(NotReadable):
        backend_of(place, {"PULUMI_BACKEND_URL": url})


OBJECTS = {
    "team/.pulumi/meta.yaml": b"version: 1\n",
    "team/.pulumi/stacks/llamactl/chat.json": (RECORDED / "chat.json").read_bytes(),
    "team/.pulumi/stacks/llamactl/chat.json.bak": b"{}",
    "team/.pulumi/stacks/other/theirs.json": b"{}",
    ".pulumi/stacks/llamactl/elsewhere.json": b"{}",
}


def reads_the_recorded_stack(backend):
    checkpoints, whole = Checkpoints(backend), json.loads((RECORDED / "chat.json").read_bytes())
    assert isinstance(backend, BucketBackend)
    assert checkpoints.names() == ("chat",)
    assert checkpoints.state("chat") == whole["checkpoint"]["latest"]
    with pytest.raises(NotReadable):
        checkpoints.state("other")


def test_a_bucket_of_s3_is_read_directly_below_its_prefix(place, s3):
    bucket = s3.bucket("states")
    for key, body in OBJECTS.items():
        s3.client.put_object(Bucket=bucket, Key=key, Body=body)
    own = {**s3.environment, "PULUMI_BACKEND_URL": "s3://states/team?region=us-east-1&awssdk=v2"}

    reads_the_recorded_stack(backend_of(place, own))


def test_a_container_of_blob_storage_is_read_directly_below_its_prefix(place, blob):
    container = blob.container("states")
    store = open_bucket(bucket_address(f"az://{container}"), blob.environment)
    for key, body in OBJECTS.items():
        obstore.put(store, key, body)
    url = f"azblob://{container}/team?storage_account=devstoreaccount1"

    reads_the_recorded_stack(backend_of(place, {**blob.environment, "PULUMI_BACKEND_URL": url}))


def test_a_bucket_that_is_not_there_is_left_to_pulumi(place, s3):
    own = {**s3.environment, "PULUMI_BACKEND_URL": "s3://none-of-that-name"}

    with pytest.raises(NotReadable):
        Checkpoints(backend_of(place, own)).names()
