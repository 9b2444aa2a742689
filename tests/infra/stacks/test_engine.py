"""The stack's life in the real engine, over a stand-in of the cloud."""

import os
from dataclasses import replace

import pytest

from infra.stacks.conftest import spec_of
from llamactl_catalog.errors import LlamactlError, NoQuota, UnknownDeployment
from llamactl_infra.spec import SageMakerSpec

pytest.importorskip("pulumi_aws", reason="needs the extra 'aws'")
from llamactl_infra.stacks.place import stack_place
from llamactl_infra.stacks.stack import existing_stack, open_stack, stack_names

pytestmark = pytest.mark.engine
SECRET = "hf_" + "secret"
QUOTA = (
    "ResourceLimitExceeded: The account-level service limit 'ml.g5.2xlarge for endpoint usage' "
    "is 0 Instances, with current utilization of 0 Instances and a request delta of 1 Instances."
)


@pytest.fixture
def place(engine, tmp_path):
    return stack_place(tmp_path / "state", tmp_path, os.environ, lambda _step: None)


@pytest.fixture
def stack(place):
    opened = open_stack("chat", place)
    opened.configure(spec_of())
    return opened


def operations(changes):
    return {(each.operation, each.resource.words) for each in changes}


def test_up_makes_everything_and_tells_its_steps(stack, cloud):
    told = []

    stack.up("aws", lambda step: told.append(step.text))

    assert cloud.names("Endpoint") != []
    assert "creating endpoint chat-endpoint" in told
    assert stack.outputs()["url"].endswith("/endpoints/chat/invocations")
    assert stack.spec() == spec_of()


def test_a_second_up_changes_nothing(stack, cloud):
    stack.up("aws")
    before = cloud.operations()

    changes = stack.up("aws")

    assert changes == ()
    assert cloud.operations() == before


def test_a_preview_changes_nothing_and_names_what_would(stack, cloud):
    preview = stack.preview("aws")

    assert ("create", "endpoint") in operations(preview.changes)
    assert "chat-endpoint" in preview.text
    assert cloud.everything() == []


def test_another_image_is_a_new_configuration_before_the_old_goes(stack, cloud):
    stack.up("aws")
    old = cloud.names("endpointConfiguration")
    stack.configure(spec_of(environment={"MAX_INPUT_TOKENS": "2048"}))

    changes = stack.up("aws")

    assert ("update", "endpoint") in operations(changes)
    done = [
        line.split(" ")[0] + " " + line.split(" ")[1].rpartition(":")[2]
        for line in cloud.operations()
    ][-5:]
    assert done == [
        "create Model",
        "create EndpointConfiguration",
        "update Endpoint",
        "delete EndpointConfiguration",
        "delete Model",
    ]
    assert len(cloud.names("endpointConfiguration")) == 1
    assert cloud.names("endpointConfiguration") != old


def test_what_was_changed_behind_its_back_is_seen_and_put_right(stack, cloud):
    stack.up("aws")
    cloud.change("LogGroup", "%aws%sagemaker%Endpoints%chat", retentionInDays=1.0)
    cloud.remove("Dashboard", "llamactl-chat")

    drift = stack.refresh("aws")
    stack.up("aws")

    assert operations(drift) == {("update", "log group"), ("delete", "dashboard")}
    assert cloud.content("LogGroup", "%aws%sagemaker%Endpoints%chat")["retentionInDays"] == 30
    assert cloud.names("Dashboard") == ["llamactl-chat"]


def test_a_failure_names_the_resource_the_cause_and_the_fix(stack, cloud):
    cloud.fails("sagemaker/endpoint:Endpoint", "create", QUOTA)

    with pytest.raises(NoQuota) as error:
        stack.up("aws")

    assert error.value.message.startswith("endpoint chat-endpoint: ResourceLimitExceeded")
    assert "Traceback" not in error.value.message
    assert "Service Quotas" in (error.value.hint or "")


def test_a_run_that_fails_before_it_changes_anything_leaves_the_settings(stack, cloud, tmp_path):
    stack.up("aws")
    before = cloud.operations()
    stack.configure(spec_of(log_days=7, catalog_overlay=str(tmp_path / "absent")))

    with pytest.raises(LlamactlError):
        stack.up("aws")

    assert stack.spec() == spec_of()
    assert cloud.operations() == before


def test_a_run_that_has_begun_to_change_keeps_its_settings(stack, cloud):
    wanted = spec_of(instance_type="ml.g5.xlarge")
    stack.up("aws")
    cloud.fails("sagemaker/endpoint:Endpoint", "update", QUOTA)
    stack.configure(wanted)

    with pytest.raises(NoQuota):
        stack.up("aws")

    assert stack.spec() == wanted


def test_after_a_failure_the_same_command_continues(stack, cloud):
    cloud.fails("sagemaker/endpoint:Endpoint", "create", QUOTA)
    with pytest.raises(NoQuota):
        stack.up("aws")

    changes = stack.up("aws")

    assert {each.operation for each in changes} == {"create"}
    assert ("create", "model") not in operations(changes)
    assert len(cloud.names("sagemaker_model")) == 1
    assert stack.up("aws") == ()


def test_destroy_leaves_nothing_in_the_cloud_and_no_stack(stack, place, cloud):
    stack.configure(spec_of(min_instances=1, max_instances=2))
    stack.up("aws")

    stack.destroy("aws")

    assert cloud.everything() == []
    with pytest.raises(UnknownDeployment):
        existing_stack("chat", place)


def test_stacks_are_named(stack, place):
    open_stack("other", place)

    assert sorted(stack_names(place)) == ["chat", "other"]


def test_what_the_spec_no_longer_says_leaves_the_config(stack):
    stack.configure(spec_of(owner="jane", sagemaker=SageMakerSpec(network_isolation=True)))

    stack.configure(spec_of())

    assert stack.spec() == spec_of()


def test_a_write_that_a_killed_run_has_cut_blocks_no_later_one(stack, place, cloud, tmp_path):
    stack.up("aws")
    (attributes,) = (tmp_path / "state").rglob("stacks/llamactl/chat.json.attrs")
    attributes.write_text("")  # as a kill leaves it between the file's creation and its content

    again = existing_stack("chat", place)
    again.configure(spec_of(log_days=7))

    assert operations(again.up("aws")) == {("update", "log group")}


def test_secrets_are_encrypted_in_the_stacks_config(stack, place):
    stack.configure(replace(spec_of(), hub_token=SECRET))

    text = (place.folder / "Pulumi.chat.yaml").read_text()

    assert SECRET not in text
    assert stack.spec().hub_token == SECRET
