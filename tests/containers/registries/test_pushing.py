"""Pushing to a real registry: the tag last, nothing twice, and what goes wrong on the way."""

import json
import re
import subprocess

import pytest

from containers.registries.conftest import DOCUMENT, make_image, write_docker_config
from llamactl_catalog.errors import NoPermission, NotFound, Unhealthy
from llamactl_catalog.progress import Step, silent
from llamactl_containers.builders.store import layers
from llamactl_containers.registries.credentials import Login, own_login
from llamactl_containers.registries.oci import Registry, fallback_tag
from llamactl_containers.registries.pushing import name_image, push_image
from llamactl_containers.registries.reference import Reference
from standins.broken_line import BrokenLine
from standins.image_registry import PUSHER

TAG = "tgi-3.3.6-sagemaker-0123456789abcdef"


@pytest.fixture
def target(anybodys, request) -> Reference:
    name = re.sub(r"[^a-z0-9]+", "-", request.node.name.lower()).strip("-")
    return Reference(anybodys.host, f"llamactl/{name}", TAG)


def test_what_is_pushed_is_there_by_tag_and_by_digest(client, target, image, store):
    pushed = push_image(client, target, image, store, [], silent)

    assert pushed.digest == image.digest
    assert client.digest(target.repository, TAG) == image.digest
    assert client.manifest(target.repository, image.digest) == image


def test_a_second_push_sends_nothing(client, target, image, store):
    push_image(client, target, image, store, [], silent)
    for layer in layers(image.content):
        store.remove(layer.digest)

    again = push_image(client, target, image, store, [], silent)

    assert again.was_there


def test_a_tag_that_names_another_image_stays_as_it_is(client, target, image, store):
    push_image(client, target, image, store, [], silent)
    other = make_image(store)

    pushed = push_image(client, target, other, store, [], silent)

    assert (pushed.digest, pushed.was_there) == (image.digest, True)
    assert client.digest(target.repository, TAG) == image.digest


def test_progress_is_told_in_bytes(client, target, image, store):
    steps: list[Step] = []

    push_image(client, target, image, store, [], steps.append)

    told = [each for each in steps if each.done_bytes is not None]
    assert told[-1].done_bytes == told[-1].total_bytes
    assert [each.done_bytes for each in told] == sorted(each.done_bytes for each in told)


def test_documents_are_attached_with_the_image_as_their_subject(client, target, image, store):
    pushed = push_image(client, target, image, store, [DOCUMENT], silent)

    (listed,) = client.referrers(target.repository, image.digest)
    artifact = client.manifest(target.repository, listed["digest"])
    assert artifact is not None
    document = json.loads(artifact.content)
    assert document["subject"]["digest"] == image.digest
    assert document["artifactType"] == "application/vnd.cyclonedx+json"
    assert client.blob(target.repository, document["layers"][0]["digest"]) == DOCUMENT.content
    assert pushed.attached == (("sbom", artifact.digest),)


def test_attaching_the_same_document_again_changes_nothing(client, target, image, store, anybodys):
    push_image(client, target, image, store, [DOCUMENT], silent)
    before = client.manifest(target.repository, fallback_tag(image.digest))

    push_image(client, target, image, store, [DOCUMENT], silent)

    assert client.manifest(target.repository, fallback_tag(image.digest)) == before


def test_skopeo_sees_the_digest_under_the_tag(client, target, image, store):
    program = pytest.importorskip("shutil").which("skopeo")
    if program is None:
        pytest.skip("skopeo is not on PATH")
    push_image(client, target, image, store, [DOCUMENT], silent)

    command = [program, "inspect", "--raw", "--tls-verify=false", f"docker://{target}"]
    raw = subprocess.run(command, capture_output=True, check=True).stdout

    assert raw == image.content


def test_layers_that_are_gone_leave_the_registry_as_it_was(client, target, image, store, anybodys):
    store.remove(layers(image.content)[1].digest)

    with pytest.raises(NotFound, match="no longer here"):
        push_image(client, target, image, store, [], silent)

    assert anybodys.tags(target.repository) == []


def test_an_interrupt_in_the_middle_leaves_no_tag(client, target, image, store, anybodys):
    def interrupt(step: Step) -> None:
        if step.done_bytes:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        push_image(client, target, image, store, [DOCUMENT], interrupt)

    assert anybodys.tags(target.repository) == []


def test_after_a_cut_the_push_goes_on_with_the_layer_that_was_cut(anybodys, target, store):
    image = make_image(store, layers_bytes=(2_000_000, 2_000_000))

    with BrokenLine(anybodys.host, cut_after_bytes=3_000_000, times=1) as line:
        with Registry(line.host, pause_s=0.01) as client:
            push_image(client, target, image, store, [], silent)

            assert client.digest(target.repository, TAG) == image.digest
        assert line.cuts == 1
        assert line.sent_bytes < 6_000_000  # seven millions, were the first layer sent again


def test_a_line_that_breaks_again_and_again_is_one_error_and_no_tag(anybodys, target, image, store):
    with (
        BrokenLine(anybodys.host, cut_after_bytes=100_000, times=1000) as line,
        Registry(line.host, pause_s=0.01) as client,
        pytest.raises(Unhealthy, match="cannot be reached") as caught,
    ):
        push_image(client, target, image, store, [], silent)

    assert "run it again" in str(caught.value.hint)
    assert anybodys.tags(target.repository) == []


def test_without_credentials_a_guarded_registry_says_to_log_in(guarded, image, store):
    target = Reference(guarded.host, "llamactl/x", TAG)

    with (
        Registry(guarded.host, pause_s=0.01) as client,
        pytest.raises(NoPermission, match="HTTP 401") as caught,
    ):
        push_image(client, target, image, store, [], silent)

    assert caught.value.hint == (
        f"log in to it: docker login {guarded.host}, or podman login {guarded.host}"
    )
    assert caught.value.exit_code == 10


def test_wrong_credentials_are_refused_and_not_printed(guarded, image, store):
    target = Reference(guarded.host, "llamactl/x", TAG)
    wrong = Login("pusher", "a-wrong-word")

    with (
        Registry(guarded.host, wrong, pause_s=0.01) as client,
        pytest.raises(NoPermission) as caught,
    ):
        push_image(client, target, image, store, [], silent)

    assert "a-wrong-word" not in f"{caught.value} {caught.value.hint} {wrong!r}"


def test_the_users_own_docker_login_is_used(guarded, image, store, tmp_path):
    login = Login(*PUSHER)
    write_docker_config(tmp_path, {"auths": {guarded.host: {"auth": login.basic()}}})
    target = Reference(guarded.host, "llamactl/own", TAG)

    with Registry(guarded.host, own_login(guarded.host, {}, tmp_path), pause_s=0.01) as client:
        push_image(client, target, image, store, [DOCUMENT], silent)

        assert client.digest(target.repository, TAG) == image.digest


def test_an_image_that_a_cloud_has_built_gets_its_tag_after_its_documents(
    client, target, image, store
):
    staged = target.with_tag(f"{TAG}-staged-1")
    push_image(client, staged, image, store, [], silent)

    pushed = name_image(client, target, f"{TAG}-staged-1", [DOCUMENT])

    assert pushed.digest == image.digest
    assert client.digest(target.repository, TAG) == image.digest
    assert len(client.referrers(target.repository, image.digest)) == 1
