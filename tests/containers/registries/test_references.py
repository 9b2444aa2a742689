"""References to images, and the credentials that the user has already."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from containers.registries.conftest import write_docker_config
from llamactl_catalog.errors import InvalidFile, InvalidInput, NoPermission
from llamactl_containers.registries.credentials import Login, auth_file, own_login
from llamactl_containers.registries.reference import Reference, read_reference, repository_in
from llamactl_containers.registries.session import is_here

HOST = "registry.example:5000"
DIGEST = f"sha256:{'0' * 64}"
PARTS = st.from_regex(r"[a-z0-9]{1,8}([._-][a-z0-9]{1,8})?", fullmatch=True)


@given(
    st.lists(PARTS, min_size=1, max_size=3),
    st.none() | st.from_regex(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,20}", fullmatch=True),
    st.sampled_from([None, DIGEST]),
)
def test_a_reference_is_read_as_it_is_written(parts, tag, digest):
    reference = Reference(HOST, "/".join(parts), tag, digest)

    assert read_reference(str(reference)) == reference


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("ubuntu", "docker.io/library/ubuntu"),
        ("team/image", "docker.io/team/image"),
        ("localhost/image", "localhost/image"),
        ("ghcr.io/a/b", "ghcr.io/a/b"),
    ],
)
def test_without_a_registry_it_is_docker_hubs(text, name):
    assert read_reference(text).name == name


@pytest.mark.parametrize(
    "text",
    [
        "",
        "UPPER",
        "a b",
        f"{HOST}/A",
        "x@sha256:12",
        "x:",
        "x:-t",
        "../x",
        "a//b",
        f"{HOST}/",
        "x?y",
    ],
)
def test_what_is_no_reference_is_refused(text):
    with pytest.raises(InvalidInput, match="names no image"):
        read_reference(text)


@pytest.mark.parametrize(
    ("registry", "name"),
    [
        (HOST, f"{HOST}/llamactl/m"),
        (f"https://{HOST}/team/", f"{HOST}/team/llamactl/m"),
        ("somebody", "docker.io/somebody/llamactl/m"),
    ],
)
def test_a_registry_may_have_a_path(registry, name):
    assert repository_in(registry, "llamactl/m").name == name


def test_a_deployment_uses_the_digest_and_no_tag():
    reference = Reference(HOST, "x", "1").with_digest(DIGEST)

    assert str(reference) == f"{HOST}/x@{DIGEST}"


@pytest.mark.parametrize(
    ("host", "here"),
    [
        ("127.0.0.1:5000", True),
        ("localhost", True),
        ("[::1]:5000", True),
        ("127.0.0.1.evil.example", False),
        ("registry.example", False),
    ],
)
def test_only_a_registry_on_this_machine_is_spoken_to_without_tls(host, here):
    assert is_here(host) is here


def test_podmans_file_goes_before_dockers(tmp_path):
    write_docker_config(tmp_path, {"auths": {HOST: {"auth": Login("d", "d").basic()}}})
    named = tmp_path / "auth.json"
    named.write_text(auth_file({HOST: Login("p", "p")}))

    assert own_login(HOST, {"REGISTRY_AUTH_FILE": str(named)}, tmp_path) == Login("p", "p")
    assert own_login(HOST, {}, tmp_path) == Login("d", "d")


def test_docker_hub_has_a_key_of_its_own(tmp_path):
    login = Login("me", "pass:word")
    document = {"auths": {"https://index.docker.io/v1/": {"auth": login.basic()}}}
    write_docker_config(tmp_path, document)

    assert own_login("docker.io", {}, tmp_path) == login


def test_without_files_one_is_anybody(tmp_path):
    assert own_login(HOST, {}, tmp_path) is None


@pytest.mark.parametrize("document", [{}, {"auths": None}, {"auths": {HOST: {}}}, []])
def test_a_file_without_this_registry_is_no_login(tmp_path, document):
    write_docker_config(tmp_path, document)

    assert own_login(HOST, {}, tmp_path) is None


def test_a_credential_helper_is_asked(tmp_path):
    helper = tmp_path / "docker-credential-test"
    helper.write_text(
        f'#!/bin/sh\nread host\n[ "$host" = "{HOST}" ] || exit 1\n'
        'echo \'{"Username": "<token>", "Secret": "refresh"}\'\n'
    )
    helper.chmod(0o755)
    write_docker_config(tmp_path, {"credHelpers": {HOST: "test"}})

    login = own_login(HOST, {"PATH": f"{tmp_path}:/usr/bin:/bin"}, tmp_path)

    assert login == Login("", "", "refresh")


def test_a_credential_helper_that_is_missing_is_told(tmp_path):
    write_docker_config(tmp_path, {"credsStore": "none-such"})

    with pytest.raises(NoPermission, match="docker-credential-none-such"):
        own_login(HOST, {"PATH": str(tmp_path)}, tmp_path)


def test_a_damaged_file_is_told_with_its_path(tmp_path):
    write_docker_config(tmp_path, {})
    (tmp_path / ".docker" / "config.json").write_text("{")

    with pytest.raises(InvalidFile, match=r"config\.json"):
        own_login(HOST, {}, tmp_path)


def test_credentials_show_in_no_repr():
    login = Login("me", "secret-word", "secret-token")

    assert "secret" not in repr(login)
    assert json.loads(auth_file({HOST: login}))["auths"][HOST]["auth"] == login.basic()
