from dataclasses import replace

import pytest

from llamactl_catalog.errors import InvalidInput
from llamactl_infra.local.sameness import check_same, merged


@pytest.mark.parametrize("is_running", [True, False])
@pytest.mark.parametrize(
    "change", [{"model": "other"}, {"weights": "/other.gguf"}, {"engine": "tgi"}]
)
def test_another_model_under_a_name_in_use_is_refused(spec, change, is_running):
    with pytest.raises(InvalidInput, match=next(iter(change))) as caught:
        check_same(spec, replace(spec, **change), is_running=is_running)

    assert "llamactl destroy demo" in caught.value.hint
    assert "--name" in caught.value.hint


@pytest.mark.parametrize("change", [{"context_tokens": 64}, {"parallel": 2}, {"port": 9000}])
def test_other_settings_wait_for_a_deployment_that_does_not_run(spec, change):
    wanted = replace(spec, **change)

    check_same(spec, wanted, is_running=False)
    with pytest.raises(InvalidInput, match="with other settings"):
        check_same(spec, wanted, is_running=True)


def test_a_setting_that_is_left_open_stays_as_it_was(spec):
    old = replace(spec, port=9000, api_key="secret", threads=2)

    check_same(old, spec, is_running=True)
    assert merged(old, spec) == old


def test_a_key_is_in_no_message(spec):
    old, new = replace(spec, api_key="secret-1"), replace(spec, api_key="secret-2")

    with pytest.raises(InvalidInput, match="the API key differs") as caught:
        check_same(old, new, is_running=True)
    assert "secret" not in caught.value.message
