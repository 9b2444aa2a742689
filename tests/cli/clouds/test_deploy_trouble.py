"""Deployments that go wrong, by the real engine on the clouds' stand-ins: why, and then on."""

import json

import pytest

from cli.clouds.conftest import MODEL
from standins.aws import faults
from standins.azure import faults as azure_faults

pytestmark = pytest.mark.engine
ON_AWS = ("deploy", MODEL, "--cloud", "aws", "--name", "chat", "--yes")
ON_AZURE = ("deploy", MODEL, "--cloud", "azure", "--name", "chat", "--yes")


def test_a_container_out_of_memory_is_explained_and_the_same_command_makes_it_anew(on_aws):
    on_aws.cloud.faults.append(faults.failed_health())

    failed = on_aws(*ON_AWS)
    again = on_aws(*ON_AWS)

    assert failed.code == 8, failed.err
    assert "    torch.OutOfMemoryError: CUDA out of memory." in failed.err
    assert "hint: a larger --instance-type, a shorter --context, or fewer bits" in failed.err
    assert "What stands of 'chat'" in failed.err
    assert "Traceback" not in failed.err
    assert (again.code, "/endpoints/chat/invocations" in again.out) == (0, True), again.err


def test_an_update_that_was_taken_back_is_no_success_and_the_same_command_tries_again(on_aws):
    first = on_aws(*ON_AWS)
    on_aws.cloud.faults.append(faults.taken_back())

    taken_back = on_aws(*ON_AWS, "--context", "2048")
    again = on_aws(*ON_AWS, "--context", "2048")

    assert first.code == 0, first.err
    assert taken_back.code == 8, taken_back.err
    assert "✗ verify" in taken_back.err or "✗ up" in taken_back.err
    assert again.code == 0, again.err
    assert "nothing had to be changed" not in again.err


def test_missing_quota_has_its_exit_code_and_fallback_takes_the_next_placement(on_aws):
    on_aws.cloud.faults.append(faults.out_of_quota(operation="CreateEndpoint"))

    done = on_aws(*ON_AWS, "--fallback")
    listed = json.loads(on_aws("list", "--json").out)

    assert done.code == 0, done.err
    assert "was not to be had: " in done.err
    assert "what it had left is removed" in done.err
    assert [each["name"] for each in listed] == ["chat"]


@pytest.mark.engine_smoke
def test_a_preview_leaves_no_trace(on_aws):
    before = on_aws.cloud.everything()

    done = on_aws(*ON_AWS, "--preview")

    assert done.code == 0, done.err
    assert "+ aws:sagemaker/endpoint:Endpoint: (create)" in done.out
    assert done.out.splitlines()[-1].startswith("cost: $0.00 -> $")
    assert on_aws.cloud.everything() == before
    assert json.loads(on_aws("list", "--json").out) == []


def test_a_preview_of_an_update_leaves_the_settings_as_they_were(on_aws):
    assert on_aws(*ON_AWS).code == 0
    (settings,) = on_aws.folder.rglob("Pulumi.chat.yaml")
    before = settings.read_bytes()

    done = on_aws(*ON_AWS, "--context", "2048", "--preview")

    assert done.code == 0, done.err
    assert settings.read_bytes() == before
    assert "sagemaker/endpointConfiguration" in done.out


def test_a_killed_runs_lock_names_its_owner_and_unlock_goes_on(on_aws):
    on_aws.cloud.faults.append(faults.slow_start(delay_s=8))
    process = on_aws.start_until("CreateEndpoint", *ON_AWS)
    on_aws.kill(process)

    locked = on_aws(*ON_AWS)
    cleared = on_aws(*ON_AWS, "--unlock")

    assert locked.code == 5, locked.err
    assert "is locked by a run that is gone" in locked.err
    assert cleared.code == 0, cleared.err


def test_an_update_whose_run_was_killed_is_waited_for_and_gone_on_with(on_aws):
    assert on_aws(*ON_AWS).code == 0
    on_aws.cloud.faults.append(faults.slow_start(delay_s=15))
    on_aws.kill(on_aws.start_until("UpdateEndpoint", *ON_AWS, "--context", "2048"))

    done = on_aws(*ON_AWS, "--context", "2048", "--unlock")

    assert done.code == 0, done.err
    assert "MAX_TOTAL_TOKENS" not in on_aws(*ON_AWS, "--preview").out


def test_a_crashed_container_on_the_other_cloud_is_told_by_its_reason(on_azure):
    on_azure.cloud.faults.append(azure_faults.failed_health())

    failed = on_azure(*ON_AZURE)
    again = on_azure(*ON_AZURE)

    assert failed.code == 8, failed.err
    assert "Liveness probe failed" in failed.err
    assert "Traceback" not in failed.err
    assert again.code == 0, again.err


def test_missing_quota_on_the_other_cloud_has_its_exit_code(on_azure):
    on_azure.cloud.faults.append(azure_faults.out_of_quota())

    failed = on_azure(*ON_AZURE)

    assert failed.code == 4, failed.err
    assert "--fallback goes on with the next: " in failed.err
