"""CodeBuild, ECR, S3 and IAM against moto's server."""

import io
import json
import time
import zipfile

import boto3
import pytest

from containers.builders.recipes import TAG, small_context
from llamactl_catalog.errors import NoPermission
from llamactl_catalog.progress import Step, silent
from llamactl_containers.builders.codebuild import CodeBuild, LogStream, buildspec
from llamactl_containers.builders.codebuild_setup import PROJECT, have_project, role_policy
from llamactl_containers.builders.remote import tarred, zipped
from llamactl_containers.registries.ecr import Ecr, EcrAddress, ecr_of
from llamactl_containers.registries.opening import login_to
from llamactl_containers.registries.reference import Reference

pytest.importorskip("moto.server", reason="needs moto[server]")

ACCOUNT = "123456789012"  # moto's own
HOST = f"{ACCOUNT}.dkr.ecr.us-east-1.amazonaws.com"
REPOSITORY = "llamactl/tgi"
ADDRESS = EcrAddress(ACCOUNT, "us-east-1")
MANIFEST_TYPE = "application/vnd.docker.distribution.manifest.v2+json"
MANIFEST = json.dumps(
    {
        "schemaVersion": 2,
        "mediaType": MANIFEST_TYPE,
        "config": {"mediaType": "application/json", "size": 2, "digest": f"sha256:{'c' * 64}"},
        "layers": [],
    }
)


@pytest.fixture
def target(s3, request) -> Reference:
    repository = f"llamactl/{request.node.name.replace('_', '-')}"
    return Reference(HOST, repository, f"{TAG}-staged")


def client(service: str):
    return boto3.client(service, region_name="us-east-1")


def push_manifest(target: Reference) -> str:
    """Do what the build would: put an image under the tag for the moment."""
    put = client("ecr").put_image(
        repositoryName=target.repository, imageManifest=MANIFEST, imageTag=target.tag
    )
    return str(put["image"]["imageId"]["imageDigest"])


def test_the_repository_is_made_with_scanning_and_tags_that_cannot_be_moved(target):
    made = Ecr(ADDRESS).have_repository(target.repository)

    (found,) = client("ecr").describe_repositories(repositoryNames=[target.repository])[
        "repositories"
    ]
    assert made
    assert found["imageTagMutability"] == "IMMUTABLE"
    assert found["imageScanningConfiguration"] == {"scanOnPush": True}


def test_a_repository_that_is_there_stays_as_it_is(target):
    client("ecr").create_repository(repositoryName=target.repository)

    assert not Ecr(ADDRESS).have_repository(target.repository)


def test_the_login_comes_from_the_account(s3, tmp_path):
    login = login_to(HOST, {}, tmp_path)

    assert login is not None
    assert login.username == "AWS"
    assert login.password not in repr(login)


def test_without_credentials_the_login_says_what_to_set(s3, monkeypatch, tmp_path):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))

    with pytest.raises(NoPermission, match="no credentials of AWS"):
        login_to(HOST, {}, tmp_path)


def test_bucket_role_and_project_are_made_once(s3):
    first = have_project(ADDRESS, REPOSITORY)
    second = have_project(ADDRESS, REPOSITORY)

    (project,) = client("codebuild").batch_get_projects(names=[PROJECT])["projects"]
    assert first == second
    assert project["environment"]["privilegedMode"] is True
    assert project["artifacts"]["type"] == "NO_ARTIFACTS"
    assert project["serviceRole"] == first.role
    closed = client("s3").get_public_access_block(Bucket=first.bucket)
    assert all(closed["PublicAccessBlockConfiguration"].values())


def test_the_role_may_not_do_everything():
    policy = role_policy(have_place(), ADDRESS, "aws", REPOSITORY)

    actions = [each for statement in policy["Statement"] for each in statement["Action"]]
    anywhere = [each["Action"] for each in policy["Statement"] if each["Resource"] == ["*"]]
    assert not any("*" in each for each in actions)
    assert anywhere == [["ecr:GetAuthorizationToken"]]


def test_each_repositorys_builds_push_there_alone(s3):
    roles = {each: have_project(ADDRESS, each).role for each in ("llamactl/tgi", "llamactl/vllm")}

    assert len(set(roles.values())) == 2
    for repository, arn in roles.items():
        name = arn.rpartition("/")[2]
        told = client("iam").get_role_policy(RoleName=name, PolicyName="build")["PolicyDocument"]
        pushing = next(each for each in told["Statement"] if "ecr:PutImage" in each["Action"])
        of = f"arn:aws:ecr:us-east-1:{ACCOUNT}:repository/{repository}"
        assert (len(name) <= 64, pushing["Resource"]) == (True, [of])


def test_the_role_trusts_codebuild_for_this_project_of_this_account_alone(s3):
    name = have_project(ADDRESS, REPOSITORY).role.rpartition("/")[2]

    role = client("iam").get_role(RoleName=name)["Role"]

    (statement,) = role["AssumeRolePolicyDocument"]["Statement"]
    project = f"arn:aws:codebuild:us-east-1:{ACCOUNT}:project/{PROJECT}"
    assert statement["Condition"]["StringEquals"] == {
        "aws:SourceAccount": ACCOUNT,
        "aws:SourceArn": project,
    }


def test_a_bucket_whose_making_was_cut_off_is_closed_by_the_next_run(s3):
    bucket = f"llamactl-build-{ACCOUNT}-us-east-1"
    client("s3").create_bucket(Bucket=bucket)

    have_project(ADDRESS, REPOSITORY)

    closed = client("s3").get_public_access_block(Bucket=bucket)
    assert all(closed["PublicAccessBlockConfiguration"].values())
    rules = client("s3").get_bucket_lifecycle_configuration(Bucket=bucket)["Rules"]
    assert [each["Expiration"]["Days"] for each in rules] == [1]


def have_place():
    from llamactl_containers.builders.codebuild_setup import Place

    return Place(ACCOUNT, "llamactl-build")


def test_a_build_gives_the_digest_of_what_was_pushed_and_removes_the_context(target, s3, tmp_path):
    Ecr(ADDRESS).have_repository(target.repository)
    digest = push_manifest(target)
    steps: list[Step] = []

    built = CodeBuild(HOST, poll_s=0.01).build(
        small_context(), target, tmp_path / "log", steps.append
    )

    bucket = have_project(ADDRESS, REPOSITORY).bucket
    assert built.digest == digest
    assert built.run.startswith(f"{PROJECT}:")
    assert "sending the context" in [each.text for each in steps]
    assert s3.objects(bucket) == {}


def test_the_log_is_read_on_from_where_it_was(s3):
    logs = client("logs")
    logs.create_log_group(logGroupName="/aws/codebuild/g")
    logs.create_log_stream(logGroupName="/aws/codebuild/g", logStreamName="s")
    build = {"logs": {"groupName": "/aws/codebuild/g", "streamName": "s"}}
    stream = LogStream(logs, f"{PROJECT}:s")

    def say(text: str, moment: int) -> None:
        event = {"timestamp": int(time.time() * 1000) + moment, "message": text}
        logs.put_log_events(logGroupName="/aws/codebuild/g", logStreamName="s", logEvents=[event])

    say("one", 1)
    first = stream.news(build)
    say("two\n", 2)

    assert (first, stream.news(build), stream.news(build)) == ("one\n", "two\n", "")


def test_there_is_no_log_yet_at_the_beginning(s3):
    assert LogStream(client("logs"), f"{PROJECT}:none").news({}) == ""


def test_the_commands_log_in_build_for_amd64_push_and_tell_the_digest():
    spec = json.loads(buildspec(small_context(), Reference(HOST, "llamactl/x", "t")))

    commands = [each for phase in spec["phases"].values() for each in phase["commands"]]
    image = f"{HOST}/llamactl/x:t"
    build = "docker build --platform linux/amd64 --no-cache"
    ask = f"docker inspect --format '{{{{index .RepoDigests 0}}}}' {image}"
    assert commands == [
        f"aws ecr get-login-password | docker login --username AWS --password-stdin {HOST}",
        f"{build} --build-arg SOURCE_DATE_EPOCH=315532800 --tag {image} .",
        f"docker push {image}",
        'test "$CODEBUILD_BUILD_SUCCEEDING" = 1',
        f'export IMAGE_DIGEST="$({ask} | cut -d@ -f2)"',
    ]


def test_archives_of_a_context_are_the_same_bytes_each_time():
    assert zipped(small_context()) == zipped(small_context())
    assert tarred(small_context()) == tarred(small_context())
    with zipfile.ZipFile(io.BytesIO(zipped(small_context()))) as archive:
        assert archive.namelist() == ["Dockerfile", "licenses/TERMS.txt"]


@pytest.mark.parametrize(
    ("host", "region"),
    [
        (HOST, "us-east-1"),
        (f"{ACCOUNT}.dkr.ecr.cn-north-1.amazonaws.com.cn", "cn-north-1"),
        (f"{ACCOUNT}.dkr.ecr-fips.us-gov-west-1.amazonaws.com", "us-gov-west-1"),
    ],
)
def test_hosts_of_ecr_are_known_by_their_form(host, region):
    assert ecr_of(host) == EcrAddress(ACCOUNT, region)


@pytest.mark.parametrize("host", ["registry.example", f"{HOST}.evil.example", "ecr.aws"])
def test_other_hosts_are_not_ecr(host):
    assert ecr_of(host) is None


def test_a_build_is_silent_where_nobody_listens(target, tmp_path):
    Ecr(ADDRESS).have_repository(target.repository)
    push_manifest(target)

    assert CodeBuild(HOST, poll_s=0.01).build(small_context(), target, tmp_path / "log", silent)
