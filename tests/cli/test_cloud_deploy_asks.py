"""The questions of a deployment to a cloud, at a real terminal."""

import json
import sys
import textwrap
from pathlib import Path

import pytest

pexpect = pytest.importorskip("pexpect")
TESTS = Path(__file__).parents[1]
LONG_S = 60
PROGRAM = textwrap.dedent("""
    import sys
    sys.path[:0] = {paths!r}
    from dataclasses import replace
    from pathlib import Path
    import json
    from cli.deploying_room import ORDER
    from llamactl.app import App
    from llamactl.main import talk
    from llamactl.pipeline.cloud import deploy_cloud
    from llamactl_infra.stacks.events import Change
    from llamactl_infra.stacks.locks import Owner, StackLocked
    from llamactl_infra.stacks.resources import Named
    from standins.azure_scoring import KEY
    from standins.deploying import GroundStandIn, PreviewStandIn
    from standins.live_cloud import LiveCloudStandIn

    folder, ledger, url, locked = sys.argv[1:]
    app = App(Path(folder, "state"), Path(folder, "cache"), license_ledger=ledger)
    ground = GroundStandIn(url=url, cloud=LiveCloudStandIn(key=KEY))
    kinds = ("Endpoint", "Workspace")
    resources = [Named("azure-native:machinelearningservices:" + each, "chat") for each in kinds]
    changes = tuple(Change("create", each) for each in resources)
    ground.previewed = PreviewStandIn(changes=changes)
    if locked == "locked":
        owner = Owner("alice", "host", 4242, "2026-11-22T10:00:00Z", runs=False)
        ground.ups = [StackLocked("chat", owner)]
    try:
        print("ended:", deploy_cloud(app, replace(ORDER, yes=False), ground).state)
    except BaseException as error:
        print("ended:", type(error).__name__)
    Path(folder, "happened.json").write_text(json.dumps(ground.happened))
""")


@pytest.fixture
def terminal(deploying_app, tmp_path):
    """Starts a deployment at a terminal; what it did is read at its end."""
    from standins.azure_scoring import AzureScoring
    from standins.chat_server import ChatServer

    program = tmp_path / "deploy.py"
    program.write_text(PROGRAM.format(paths=[str(TESTS)]))
    with ChatServer() as server, AzureScoring(server.url) as front:

        def start(locked="free"):
            words = [str(program), str(tmp_path), deploying_app.license_ledger, front.url, locked]
            return pexpect.spawn(
                sys.executable, words, encoding="utf-8", timeout=LONG_S, dimensions=(60, 200)
            )

        yield start


def happened(tmp_path):
    return json.loads((tmp_path / "happened.json").read_text())


def test_the_page_and_what_changes_come_before_the_question(terminal, tmp_path):
    child = terminal()

    child.expect("guards")
    child.expect("What changes:")
    child.expect("create +endpoint, workspace")
    child.expect(r"Go on\? \[y/N\]")
    child.sendline("y")
    child.expect("ended: running")
    child.expect(pexpect.EOF)
    done = happened(tmp_path)
    assert done.index("preview") < done.index("up")


def test_a_no_makes_nothing(terminal, tmp_path):
    child = terminal()

    child.expect(r"Go on\?")
    child.sendline("n")
    child.expect("ended: Abort")
    child.expect(pexpect.EOF)
    assert "up" not in happened(tmp_path)


def test_a_lock_that_was_left_is_cleared_after_a_yes(terminal, tmp_path):
    child = terminal("locked")

    child.expect(r"Go on\?")
    child.sendline("y")
    child.expect("locked by a run that is gone: alice@host, process 4242")
    child.expect(r"Clear the lock and go on\?")
    child.sendline("y")
    child.expect("ended: running")
    child.expect(pexpect.EOF)
    assert "unlock" in happened(tmp_path)
