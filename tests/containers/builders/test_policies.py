"""The policies that the documentation tells suffice for building and pushing images in AWS."""

import json
import re
from pathlib import Path

import pytest

pytest.importorskip("moto.server", reason="needs moto[server]")
from containers.builders.recipes import TAG, small_context
from llamactl_catalog.errors import NoPermission
from llamactl_catalog.progress import silent
from llamactl_containers.builders.codebuild import CodeBuild
from llamactl_containers.builders.codebuild_policy import (
    building_policy,
    first_build_policy,
    pushing_policy,
)
from llamactl_containers.registries.ecr import Ecr, EcrAddress
from llamactl_containers.registries.reference import Reference
from standins.aws import ACCOUNT, Aws
from standins.aws.evaluation import conditions, statements, supported

DOCUMENTATION = Path(__file__).parents[3] / "docs" / "images.md"
MOST_CHARACTERS = 6144
HOST = f"{ACCOUNT}.dkr.ecr.us-east-1.amazonaws.com"
MANIFEST = '{"schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json"}'
POLICIES = (pushing_policy(), building_policy(), first_build_policy())
# What the registry and the tool that pushes ask for over HTTP, and a build that is stopped.
BY_THE_REGISTRY = {
    "ecr:BatchCheckLayerAvailability",
    "ecr:BatchGetImage",
    "ecr:GetDownloadUrlForLayer",
    "ecr:InitiateLayerUpload",
    "ecr:UploadLayerPart",
    "ecr:CompleteLayerUpload",
    "ecr:PutImage",
}
STOPPED = {"codebuild:StopBuild"}


def granted(*policies):
    return [json.loads(json.dumps(each).replace("ACCOUNT", ACCOUNT)) for each in policies]


@pytest.fixture
def aws(monkeypatch):
    with Aws() as account:
        for name, value in account.environment.items():
            monkeypatch.setenv(name, value)
        yield account
        assert account.problems == []


def built(aws, tmp_path, repository="llamactl/tgi"):
    """Build one image there; what the build itself would do is done beside it."""
    target = Reference(HOST, repository, f"{TAG}-staged")
    registry = Ecr(EcrAddress(ACCOUNT, "us-east-1"))
    registry.login()
    registry.have_repository(repository)
    outside = aws.client("ecr")
    outside.put_image(repositoryName=repository, imageManifest=MANIFEST, imageTag=target.tag)
    found = CodeBuild(HOST, poll_s=0.01).build(small_context(), target, tmp_path / "log", silent)
    registry.remove_tag(repository, target.tag)
    return found


def test_the_policies_suffice_for_a_first_build_and_have_nothing_beyond_it(aws, tmp_path):
    aws.policies.granted = granted(building_policy(), first_build_policy())

    built(aws, tmp_path)

    used = {each.action for each in aws.authorizations}
    known = {action for each in statements(aws.policies.granted) for action in each["Action"]}
    assert sorted(known - used) == sorted(BY_THE_REGISTRY | STOPPED)


def test_a_second_build_writes_nothing_in_iam(aws, tmp_path):
    built(aws, tmp_path)
    aws.policies.granted = granted(building_policy())

    again = CodeBuild(HOST, poll_s=0.01)
    target = Reference(HOST, "llamactl/tgi", f"{TAG}-staged")
    aws.client("ecr").put_image(
        repositoryName="llamactl/tgi",
        imageManifest=MANIFEST,
        imageTag=target.tag,
    )

    assert again.build(small_context(), target, tmp_path / "log", silent).digest


def test_another_repository_needs_a_role_that_only_the_first_build_may_make(aws, tmp_path):
    built(aws, tmp_path)
    aws.policies.granted = granted(building_policy())

    with pytest.raises(NoPermission, match="iam:CreateRole"):
        built(aws, tmp_path, "llamactl/vllm")


def test_the_documented_policies_are_those_of_the_code():
    blocks = re.findall(r"```json\n(.+?)\n```", DOCUMENTATION.read_text("utf-8"), re.DOTALL)
    told = [json.loads(each) for each in blocks]

    assert [each for each in POLICIES if each not in told] == []


@pytest.mark.parametrize("policy", POLICIES, ids=["pushing", "building", "first build"])
def test_each_fits_a_managed_policy_and_knows_its_actions(policy):
    whole = granted(policy)

    assert len(json.dumps(whole[0], separators=(",", ":"))) <= MOST_CHARACTERS
    for each in statements(whole):
        for action in each["Action"]:
            _, keys = supported(action) if action != "sts:GetCallerIdentity" else ([], set())
            assert {key for _, _, key, _ in conditions(each)} <= keys
