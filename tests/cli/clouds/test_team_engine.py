"""Two people on one backend in S3, by the real `pulumi`: what the second one's commands do."""

import shutil
from dataclasses import replace

import pytest

from cli.clouds.conftest import DEPLOY, LLAMA_2, whole_deployment

pytest.importorskip("pulumi_aws", reason="needs the extra 'aws'")
pytestmark = pytest.mark.engine
BUCKET = "team-state"


@pytest.fixture
def jane(on_aws):
    """Whoever deploys first: logged in to a bucket, with the team's passphrase and ledger."""
    on_aws.cloud.client("s3").create_bucket(Bucket=BUCKET)
    host = on_aws.cloud.url.partition("://")[2]
    query = f"endpoint={host}&disableSSL=true&s3ForcePathStyle=true&region=us-east-1"
    on_aws.environment |= {
        "PULUMI_BACKEND_URL": f"s3://{BUCKET}?{query}",
        "LLAMACTL_SECRETS_PROVIDER": "passphrase",
        "PULUMI_CONFIG_PASSPHRASE": "the team's",
        "LLAMACTL_LICENSE_LEDGER": str(on_aws.folder / "ledger"),
    }
    on_aws.checkout()
    accepted = on_aws("license", "accept", LLAMA_2, "--accepted-by", "Jane Doe")
    assert accepted.code == 0, accepted.err
    return on_aws


@pytest.fixture
def joe(jane, tmp_path):
    """A colleague with another machine's state, and a checkout of the same project."""
    folder = tmp_path / "joe"
    (folder / "home").mkdir(parents=True)
    environment = {**jane.environment, "HOME": str(folder / "home")}
    return replace(jane, folder=folder, environment=environment)


def test_a_colleagues_deploy_of_a_standing_name_changes_nothing(jane, joe):
    assert jane(*DEPLOY["aws"]).code == 0
    there = whole_deployment(jane)
    shutil.copytree(jane.here, joe.folder / "here", symlinks=True)
    asked = len(jane.cloud.requests)

    again = joe(*DEPLOY["aws"])

    assert again.code == 0, again.err
    assert "nothing had to be changed" in again.err
    since = jane.cloud.operations()[asked:]
    changes = ("Create", "Update", "Delete", "Put", "Add", "Tag")
    assert [each for each in since if each.startswith(changes) and "Object" not in each] == []
    assert whole_deployment(jane) == there


def test_another_passphrase_is_refused_with_what_to_do(jane, joe):
    assert jane(*DEPLOY["aws"]).code == 0
    shutil.copytree(jane.here, joe.folder / "here", symlinks=True)
    joe.environment["PULUMI_CONFIG_PASSPHRASE"] = "another"  # noqa: S105 - made up
    there = jane.remains()

    refused = joe(*DEPLOY["aws"], "--context", "2048")

    assert refused.code == 10, refused.err
    assert "passphrase" in refused.err
    assert "Traceback" not in refused.err
    assert "hint: " in refused.err
    assert [each for each in jane.remains() if BUCKET not in each] == [
        each for each in there if BUCKET not in each
    ]
    whole_deployment(jane)


def test_of_two_machines_that_start_together_one_deploys(jane, joe):
    shutil.copytree(jane.here, joe.folder / "here", symlinks=True)
    runs = [each.start(*DEPLOY["aws"]) for each in (jane, joe)]

    ends = [(run.communicate(timeout=240), run.returncode) for run in runs]

    told = "\n".join(err for (_, err), _ in ends)
    assert sorted(code for _, code in ends) in ([0, 0], [0, 5]), told
    assert "Traceback" not in told
    whole_deployment(jane)
