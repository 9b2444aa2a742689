"""Several people on one backend: the acceptance that stands is kept, and others can read it."""

from dataclasses import replace

import pytest

from cli.deploying_room import MODEL, ORDER
from llamactl.app import App
from llamactl.pipeline.accepted import Accepted
from llamactl.pipeline.deploy_guards import changes_of
from llamactl.pipeline.license_gate import have_license
from llamactl.pipeline.placing import candidates
from llamactl.pipeline.preflight import license_finding, shared_findings
from llamactl.pipeline.preparing import prepared
from llamactl.pipeline.standing_acceptance import has_record, standing_acceptance

S3 = "s3://states?region=us-east-1"


@pytest.fixture
def app(deploying_app):
    return deploying_app


@pytest.fixture
def prepare(app):
    """Prepare the deployment as somebody would, over what stands."""

    def prepare_as(user, acceptance, stored=None):
        order = replace(ORDER, dry_run=True)
        found = replace(candidates(user, order), stored=stored)
        return prepared(user, order, found, found.placements[0], acceptance)

    return prepare_as


@pytest.fixture
def stands(app, prepare):
    """What somebody has deployed, with their acceptance."""
    acceptance = have_license(app, app.catalog().model(MODEL), None, Accepted())
    return prepare(app, acceptance).spec


def colleague_of(tmp_path, ledger):
    return App(tmp_path / "s2", tmp_path / "c2", non_interactive=True, license_ledger=ledger)


def test_a_colleague_without_an_acceptance_of_their_own_keeps_the_one_that_stands(tmp_path, stands):
    colleague = colleague_of(tmp_path, str(tmp_path / "empty"))

    assert standing_acceptance(colleague, stands, stands.revision).id == stands.license_acceptance


def test_a_colleagues_newer_acceptance_is_not_taken_in_its_place(tmp_path, stands):
    colleague = colleague_of(tmp_path, str(tmp_path / "theirs"))
    model = colleague.catalog().model(MODEL)
    theirs = have_license(colleague, model, None, Accepted(("llama-2@0629d729",)))

    found = standing_acceptance(colleague, stands, stands.revision)

    assert theirs.id != stands.license_acceptance
    assert found.id == stands.license_acceptance


def test_a_ledger_that_moved_is_found_where_it_is_now(tmp_path, app, stands):
    moved = replace(stands, license_ledger=str(tmp_path / "elsewhere"))

    assert standing_acceptance(app, moved, stands.revision).id == stands.license_acceptance
    assert not has_record(moved.license_ledger, stands.license_acceptance)


def test_an_acceptance_that_cannot_be_read_stands_for_nothing(tmp_path, stands):
    gone = replace(stands, license_ledger=str(tmp_path / "gone"))

    assert standing_acceptance(colleague_of(tmp_path, str(tmp_path / "x")), gone, None) is None


def test_what_a_colleague_deploys_has_the_acceptance_that_stands(tmp_path, stands, prepare):
    colleague = colleague_of(tmp_path, str(tmp_path / "theirs"))
    kept = standing_acceptance(colleague, stands, stands.revision)

    ready = prepare(colleague, kept, stands)

    assert ready.spec.license_acceptance == stands.license_acceptance
    assert ready.spec.license_ledger == stands.license_ledger
    assert [each for each in changes_of(ready) if each.startswith("license")] == []
    found = license_finding(colleague, ready.model, stands.revision, stands.weights, stands)
    assert found.state == "ok"


def test_another_acceptance_and_another_secret_are_on_the_page(stands, prepare, app):
    acceptance = have_license(app, app.catalog().model(MODEL), None, Accepted())
    ready = prepare(
        app, acceptance, replace(stands, license_acceptance="ab" * 8, hub_token="h" * 8)
    )

    told = changes_of(ready)

    assert f"license_acceptance: {'ab' * 8} -> {stands.license_acceptance}" in told
    assert "hub_token: another value, not shown" in told


def shared_checks(user, ready):
    return {each.check: each for each in shared_findings(user, ready)}


def own_ledger(app):
    user = App(app.state_dir, app.cache_dir, non_interactive=True)
    model = user.catalog().model(MODEL)
    return user, have_license(user, model, None, Accepted(("llama-2@0629d729",)))


def test_a_shared_backend_needs_a_ledger_and_secrets_that_others_can_read(
    app, prepare, monkeypatch
):
    user, acceptance = own_ledger(app)
    ready = prepare(user, acceptance)
    monkeypatch.setenv("PULUMI_BACKEND_URL", S3)
    for name in ("PULUMI_CONFIG_PASSPHRASE", "PULUMI_CONFIG_PASSPHRASE_FILE"):
        monkeypatch.delenv(name, raising=False)

    found = shared_checks(user, ready)

    assert {name: each.state for name, each in found.items()} == {
        "secrets": "failed",
        "ledger": "failed",
    }
    assert str(app.state_dir / "licenses") in found["ledger"].text
    assert "s3://BUCKET" in found["ledger"].error.hint


def test_what_stands_with_a_ledger_of_one_machine_is_only_told(app, prepare, monkeypatch):
    user, acceptance = own_ledger(app)
    ready = prepare(user, acceptance)
    monkeypatch.setenv("PULUMI_BACKEND_URL", S3)

    found = shared_checks(user, replace(ready, stored=ready.spec))

    assert {name: each.state for name, each in found.items()} == {"ledger": "unknown"}


def test_a_ledger_that_was_named_and_a_passphrase_are_enough(app, prepare, stands, monkeypatch):
    ready = prepare(app, standing_acceptance(app, stands, stands.revision))
    monkeypatch.setenv("PULUMI_BACKEND_URL", S3)
    monkeypatch.setenv("PULUMI_CONFIG_PASSPHRASE", "team")

    assert shared_checks(app, ready) == {}


def test_a_backend_of_this_machine_needs_neither(app, prepare):
    user, acceptance = own_ledger(app)

    assert shared_checks(user, prepare(user, acceptance)) == {}
