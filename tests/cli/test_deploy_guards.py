"""What a person is told of an update before it is made."""

from dataclasses import replace

import pytest

from cli.deploy_goldens import app_in, candidates_for, made
from llamactl.pipeline.deploy_guards import cautions_of, changes_of
from llamactl_catalog.errors import InvalidInput
from llamactl_infra.live.cloud import Account
from llamactl_infra.spec import SageMakerSpec

SMALL = "mistral-7b-instruct-v0.3"
LIN = Account("aws", "111122223333", "lin")


@pytest.fixture
def ready(tmp_path):
    """A deployment that stands, with nothing changed."""
    found = candidates_for(SMALL, "aws", replicas=2)
    first = made(app_in(tmp_path), SMALL, "aws", found=found, account=LIN)
    return replace(first, stored=first.spec)


def changed(ready, **changes):
    return replace(ready, spec=replace(ready.spec, **changes))


def test_another_count_is_named(ready):
    assert changes_of(changed(ready, instances=3)) == ["instances: 2 -> 3"]
    assert changes_of(changed(ready, instances=1)) == ["instances: 2 -> 1"]


def test_a_count_that_follows_the_load_is_no_change(ready):
    scaled = changed(ready, min_instances=2, max_instances=6)
    scaled = replace(scaled, stored=scaled.spec)

    assert changes_of(changed(scaled, instances=4)) == []


def test_what_was_left_open_before_is_told_by_its_default(ready):
    assert changes_of(changed(ready, log_days=90)) == ["log_days: 30 -> 90"]
    assert changes_of(changed(ready, owner="ops")) == ["owner: none -> ops"]


def test_parts_of_a_setting_are_named_one_by_one(ready):
    own = replace(ready.spec.sagemaker or SageMakerSpec(), network_isolation=True)
    environment = {**ready.spec.environment, "MAX_TOTAL_TOKENS": "64"}
    before = ready.spec.environment["MAX_TOTAL_TOKENS"]

    told = changes_of(changed(ready, environment=environment, sagemaker=own))

    assert f"environment.MAX_TOTAL_TOKENS: {before} -> 64" in told
    assert "sagemaker.network_isolation: " in " ".join(told)
    assert not any("{" in each for each in told)


def test_an_update_has_its_caution_and_nothing_to_do_has_none(ready):
    told = [any(text.startswith("update:") for text in cautions_of(each)) for each in
            (ready, changed(ready, instances=3))]  # fmt: skip

    assert told == [False, True]


def test_what_starts_no_instance_has_no_caution_of_a_second_fleet(ready):
    scaled = changed(ready, min_instances=2, max_instances=6)
    scaled = replace(scaled, stored=scaled.spec)
    beside = (
        changed(ready, owner="ops"),
        changed(ready, log_days=90),
        changed(scaled, max_instances=8),
        changed(scaled, instances=4),
        changed(ready, context_tokens=2048, update="rolling"),
    )

    assert [
        text for each in beside for text in cautions_of(each) if text.startswith("update:")
    ] == []
    assert any(
        text.startswith("update:") for text in cautions_of(changed(ready, context_tokens=64))
    )


def test_one_instance_left_of_a_canary_is_refused_with_the_way_on(tmp_path, ready):
    found = replace(candidates_for(SMALL, "aws"), stored=replace(ready.spec, update="canary"))

    with pytest.raises(InvalidInput) as caught:
        made(app_in(tmp_path), SMALL, "aws", found=found, account=LIN)

    assert caught.value.hint == "--update all-at-once, or --replicas 2"
