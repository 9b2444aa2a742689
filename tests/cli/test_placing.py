"""From an order to the placements that may be taken: what is asked for, and what stands."""

from dataclasses import dataclass, field, replace

import pytest

from cli.deploy_goldens import app_in
from llamactl.app import App
from llamactl.pipeline.cloud_order import ANY, CloudOrder
from llamactl.pipeline.placing import candidates
from llamactl.pipeline.preparing import prepared
from llamactl_catalog.errors import (
    InvalidFile,
    InvalidInput,
    NoCapacity,
    NoPermission,
    OverPriceCap,
)
from llamactl_infra.live.cloud import Account, LiveEndpoint
from llamactl_infra.spec import Schedule

SMALL = "mistral-7b-instruct-v0.3"
RUNNING = LiveEndpoint("running")
ACCOUNTS = {
    "aws": Account("aws", "111122223333", "lin"),
    "azure": Account("azure", "11111111-2222-3333-4444-555555555555", "lin"),
}


@dataclass(frozen=True)
class Stacks:
    """The stacks of a user: their specs by name."""

    specs: dict = field(default_factory=dict)

    def may_know(self, name):
        return name in self.specs

    def stored_spec(self, name):
        return self.specs.get(name)


@dataclass(frozen=True)
class Live:
    """A cloud that nobody is signed in to, or somebody."""

    account_of: Account | None
    seen: LiveEndpoint = RUNNING

    def account(self, meant=None):
        if self.account_of is None:
            raise NoPermission("nobody is signed in", hint="sign in")
        return self.account_of

    def endpoint(self, _spec):
        return self.seen


@dataclass(frozen=True, slots=True)
class UserApp(App):
    """An app with stacks of its own."""

    known: Stacks = field(default_factory=Stacks)

    def stacks(self):
        return self.known


@pytest.fixture
def app(tmp_path):
    return signed_in(tmp_path, "aws", "azure")


def signed_in(folder, *clouds, specs=None, seen=RUNNING):
    plain = app_in(folder)
    return UserApp(
        plain.state_dir,
        plain.cache_dir,
        open_live=lambda cloud: Live(ACCOUNTS[cloud] if cloud in clouds else None, seen),
        known=Stacks(specs or {}),
    )


def order(cloud="aws", **options):
    return CloudOrder(model=SMALL, cloud=cloud, **options)


def ready(app, order):
    found = candidates(app, order)
    cloud = found.placements[0].offer.instance_type.cloud
    return prepared(app, order, found, found.placements[0], None, account=ACCOUNTS[cloud])


def standing(app, folder, **options):
    """An app where this order stands already, and its spec."""
    spec = ready(app, order(**options)).spec
    return signed_in(folder, "aws", "azure", specs={spec.name: spec}), spec


def clouds_of(found):
    return {each.offer.instance_type.cloud for each in found.placements}


def test_the_first_placement_is_the_cheapest(app):
    prices = [each.usd_per_hour for each in candidates(app, order(ANY)).placements]

    assert prices == sorted(prices)


@pytest.mark.parametrize("cloud", [None, ANY])
def test_without_a_cloud_those_with_credentials_are_taken(tmp_path, cloud):
    found = candidates(signed_in(tmp_path, "azure"), order(cloud))

    assert clouds_of(found) == {"azure"}


def test_without_credentials_the_plan_is_printed_and_both_ways_on_are_told(tmp_path, capsys):
    with pytest.raises(NoPermission) as refused:
        candidates(signed_in(tmp_path), order(None))

    assert "TOK/S" in capsys.readouterr().out
    assert "sign in" in refused.value.hint
    assert f"llamactl deploy {SMALL} --cloud local" in refused.value.hint


def test_so_many_replicas_are_taken_as_are_asked_for(app):
    first = candidates(app, order(replicas=3)).placements[0]
    one = candidates(app, order()).placements[0]

    assert first.replicas == 3
    assert first.usd_per_hour == pytest.approx(3 * one.usd_per_hour)


@pytest.mark.parametrize("replicas", [2, 4, 7])
def test_more_replicas_than_the_load_has_requests_do_no_more(app, replicas):
    found = candidates(app, order(replicas=replicas, concurrency=2)).placements[0]
    least = candidates(app, order(replicas=2, concurrency=2)).placements[0]

    assert found.tokens_per_s == pytest.approx(least.tokens_per_s)


def test_fewer_replicas_than_carry_the_load_are_refused(app):
    wanted = order(replicas=1, concurrency=400, instance_types=("ml.g5.xlarge",))

    with pytest.raises(NoCapacity, match="instances for 400 requests at once, not 1"):
        candidates(app, wanted)


def test_of_any_quantization_none_is_taken_that_needs_other_weights(app):
    every = ("none", "gptq", "awq", "bitsandbytes-nf4")
    ways = {each.quantization for each in candidates(app, order(quantizations=every)).placements}
    own = order(quantizations=("awq",), weights="s3://weights/awq")

    assert ways <= {"none", "bitsandbytes-nf4"}
    assert candidates(app, own).placements[0].quantization == "awq"


def test_the_cap_holds_for_all_that_the_autoscaler_may_take(app):
    usd = candidates(app, order(max_instances=2)).placements[0].usd_per_hour

    candidates(app, order(max_instances=2, max_usd_per_hour=2.1 * usd))
    with pytest.raises(OverPriceCap, match="2 instances at the peak cost"):
        candidates(app, order(max_instances=2, max_usd_per_hour=1.9 * usd))


def test_the_cap_holds_for_what_a_schedule_brings(app):
    usd = candidates(app, order()).placements[0].usd_per_hour
    day = '[{"name": "day", "cron": "0 8 * * 1-5", "min_instances": 40, "max_instances": 40}]'
    daily = order(max_usd_per_hour=39 * usd, settings=(("schedules", day),))

    with pytest.raises(OverPriceCap, match="40 instances at the peak cost"):
        candidates(app, daily)
    assert candidates(app, replace(daily, max_usd_per_hour=40.1 * usd)).placements


def test_the_schedules_of_what_stands_count_in_the_cap_too(app, tmp_path):
    _, spec = standing(app, tmp_path)
    day = Schedule("day", "0 8 * * 1-5", 40, 40)
    again = signed_in(tmp_path, "aws", specs={spec.name: replace(spec, schedules=(day,))})

    with pytest.raises(OverPriceCap, match="40 instances at the peak cost"):
        candidates(again, order(max_usd_per_hour=2))


def test_schedules_that_are_none_are_refused_before_anything_is_planned(app):
    with pytest.raises(InvalidFile, match=r"schedules\[0\].max_instances: is missing"):
        candidates(app, order(settings=(("schedules", '[{"name": "day"}]'),)))


def test_a_cap_that_is_not_all_that_is_in_the_way_is_no_price_error(app):
    with pytest.raises(NoCapacity) as refused:
        candidates(app, order(max_usd_per_hour=50, instance_types=("ml.g4dn.xlarge",)))

    assert not isinstance(refused.value, OverPriceCap)


def test_the_same_order_again_changes_nothing(app, tmp_path):
    for cloud in ("aws", "azure"):
        again, spec = standing(app, tmp_path, cloud=cloud, concurrency=5, replicas=2)

        assert ready(again, order(cloud)).spec == spec


def test_what_stands_decides_where_nothing_is_said(app, tmp_path):
    again, spec = standing(
        app,
        tmp_path,
        cloud="azure",
        context_tokens=2048,
        quantizations=("bitsandbytes-nf4",),
        min_instances=2,
        max_instances=5,
        engine="tgi@3.3.4",
        owner="platform",
    )

    assert ready(again, order(None)).spec == spec


def test_settings_of_what_stands_are_kept_where_another_is_changed(app, tmp_path):
    _, spec = standing(app, tmp_path)
    spec = replace(
        spec,
        schedules=(Schedule("day", "0 8 * * 1-5", 1, 2),),
        log_days=90,
        environment={**spec.environment, "LOG_LEVEL": "debug", "MAX_CONCURRENT_REQUESTS": "64"},
        tags={"cost-center": "42"},
    )
    again = signed_in(tmp_path, "aws", specs={spec.name: spec})

    changed = ready(again, order(settings=(("tags.team", "ml"),))).spec

    assert changed == replace(spec, tags={"cost-center": "42", "team": "ml"})


def test_another_context_starts_the_engine_anew_and_keeps_what_was_added(app, tmp_path):
    _, spec = standing(app, tmp_path)
    spec = replace(spec, environment={**spec.environment, "LOG_LEVEL": "debug"})
    again = signed_in(tmp_path, "aws", specs={spec.name: spec})

    changed = ready(again, order(context_tokens=2048)).spec

    assert changed.environment["MAX_TOTAL_TOKENS"] == "2048"
    assert changed.environment["LOG_LEVEL"] == "debug"
    assert changed.instance_type == spec.instance_type


def test_other_weights_in_bits_leave_no_old_setting_behind(app, tmp_path):
    again, spec = standing(app, tmp_path, quantizations=("bitsandbytes-nf4",))

    changed = ready(again, order(quantizations=("none",))).spec

    assert "HF_MODEL_QUANTIZE" in spec.environment
    assert "HF_MODEL_QUANTIZE" not in changed.environment


def test_another_instance_type_is_planned_anew(app, tmp_path):
    again, spec = standing(app, tmp_path)

    changed = ready(again, order(instance_types=("ml.g5.12xlarge",))).spec

    assert (changed.instance_type, changed.region) == ("ml.g5.12xlarge", spec.region)


@pytest.mark.parametrize(
    "other",
    [order("azure"), replace(order(), model="falcon-7b", name="mistral-7b-instruct-v0-3")],
    ids=["cloud", "model"],
)
def test_a_deployment_is_not_made_another_one(app, tmp_path, other):
    again, _ = standing(app, tmp_path)

    with pytest.raises(InvalidInput) as refused:
        candidates(again, other)

    assert "another --name" in refused.value.hint


class FilesAlone:
    """Stacks that have left no file here; asking their backend is an error."""

    def names_seen(self):
        return ()

    def is_in_use(self):
        return False


def test_a_dry_run_of_a_new_name_asks_neither_a_backend_nor_a_cloud(tmp_path):
    app = UserApp(tmp_path / "s", tmp_path / "c", open_live=None, known=FilesAlone())

    assert candidates(app, order(None, dry_run=True)).stored is None


@pytest.mark.parametrize("state", ["absent", "failed"])
def test_with_fallback_what_never_stood_is_not_bound_to_its_place(app, tmp_path, state):
    spec = ready(app, order(regions=("us-west-2",))).spec
    later = signed_in(tmp_path, "aws", specs={spec.name: spec}, seen=LiveEndpoint(state))

    bound = candidates(later, order())
    free = candidates(later, order(fallback=True))

    assert {each.offer.price.region for each in bound.placements} == {"us-west-2"}
    assert bound.stands
    assert len({each.offer.price.region for each in free.placements}) > 1
    assert not free.stands


def test_with_fallback_what_runs_stays_in_its_place(app, tmp_path):
    spec = ready(app, order(regions=("us-west-2",))).spec
    later = signed_in(tmp_path, "aws", specs={spec.name: spec})

    found = candidates(later, order(fallback=True))

    assert {each.offer.price.region for each in found.placements} == {"us-west-2"}
