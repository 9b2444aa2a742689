"""A large model may take its time to load, and a hanging one is told soon after."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from infra.azure_ml.specs import LARGE, SMALL
from llamactl_infra.clouds.azure.durations import (
    LONGEST_S,
    PERIOD_S,
    SHORTEST_S,
    deployment_s,
    iso,
    load_s,
    probes,
)

BYTES = st.integers(min_value=1, max_value=10**12)
# Azure ML's own: 10 s, then 30 times 10 s. Source: reference-yaml-deployment-managed-online.
OWN_S = 310


def test_a_70b_model_may_load_longer_than_azure_lets_it_by_itself():
    startup = probes(LARGE).startup

    assert load_s(LARGE) == 300 + 137_953_316_864 // 60_000_000 == 2599
    assert startup.initial_delay_s + startup.failures * PERIOD_S > 8 * OWN_S


@given(BYTES)
def test_no_probe_kills_while_it_may_still_load(count):
    spec = replace(SMALL, weights_bytes=count)
    looks = probes(spec)

    assert looks.startup.failures * PERIOD_S >= load_s(spec)
    assert looks.readiness.failures * PERIOD_S >= load_s(spec)
    assert looks.liveness.initial_delay_s >= load_s(spec)


@given(BYTES, BYTES)
def test_more_bytes_never_have_less_time(one, other):
    few, many = sorted((one, other))
    short, long = (load_s(replace(SMALL, weights_bytes=each)) for each in (few, many))

    assert SHORTEST_S <= short <= long <= LONGEST_S


def test_a_time_that_is_told_is_taken():
    assert load_s(replace(SMALL, health_timeout_s=1234)) == 1234


def test_unknown_weights_have_the_longest_time():
    assert load_s(replace(SMALL, weights_bytes=None)) == LONGEST_S


def test_the_whole_may_take_longer_than_the_load():
    assert deployment_s(SMALL) > load_s(SMALL)


def test_durations_are_written_as_azure_takes_them():
    assert iso(180) == "PT180S"
