"""Whether there may be stacks, told from files alone."""

import pytest

from llamactl_infra.stacks.traces import is_in_use, may_know, names_seen


class Traces:
    """A state folder and a working folder, with what was left in them."""

    def __init__(self, folder):
        self.state, self.cwd, self.home = folder / "state", folder / "cwd", folder / "home"
        self.cwd.mkdir()

    def writes(self, path, text="x"):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def logs_in(self):
        self.writes(self.home / ".pulumi" / "credentials.json", '{"current": "s3://states"}')

    def asks(self, of, **environment):
        return of(self.state, self.cwd, {"HOME": str(self.home), **environment})


@pytest.fixture
def traces(tmp_path):
    return Traces(tmp_path)


def test_where_nothing_was_made_nothing_is_in_use(traces):
    assert not traces.asks(is_in_use)
    assert not traces.state.exists()


def test_settings_of_a_stack_name_it(traces):
    traces.writes(traces.state / "pulumi" / "project" / "Pulumi.chat.yaml")
    traces.writes(traces.state / "pulumi" / "project" / "Pulumi.yaml")

    assert traces.asks(names_seen) == ("chat",)
    assert traces.asks(is_in_use)


def test_settings_in_the_users_own_project_count(traces):
    traces.writes(traces.cwd / "Pulumi.yaml", "name: llamactl\n")
    traces.writes(traces.cwd / "Pulumi.prod.yaml")

    assert traces.asks(names_seen) == ("prod",)


@pytest.mark.parametrize("suffix", ["json", "json.gz"])
def test_a_state_in_the_own_backend_counts_without_its_settings(traces, suffix):
    stacks = traces.state / "pulumi" / "backend" / ".pulumi" / "stacks" / "llamactl"
    traces.writes(stacks / f"chat.{suffix}")
    traces.writes(stacks / f"chat.{suffix}.bak")
    traces.writes(stacks / f"chat.{suffix}.attrs")

    assert traces.asks(names_seen) == ("chat",)


def test_a_backend_that_the_environment_names_may_hold_stacks(traces):
    for name in ("PULUMI_BACKEND_URL", "PULUMI_ACCESS_TOKEN"):
        assert traces.asks(is_in_use, **{name: "s3://states"})


def test_a_folder_that_the_environment_names_is_looked_into(traces, tmp_path):
    url = (tmp_path / "shared").as_uri()
    assert not traces.asks(is_in_use, PULUMI_BACKEND_URL=url)

    traces.writes(tmp_path / "shared" / ".pulumi" / "stacks" / "llamactl" / "team.json")

    assert traces.asks(names_seen, PULUMI_BACKEND_URL=url) == ("team",)


def test_a_login_alone_is_no_sign_but_for_a_name_that_is_asked_for(traces):
    traces.logs_in()

    assert not traces.asks(is_in_use)
    assert traces.asks(may_know)


def test_a_login_with_a_project_is_one(traces):
    traces.logs_in()
    traces.writes(traces.cwd / "Pulumi.yaml", "name: llamactl\n")

    assert traces.asks(is_in_use)
