"""Whose files are used: this user's and root's, where nobody else may write them."""

import os
import sys
from dataclasses import replace

import pytest

from llamactl_containers.file_trust import (
    DubiousOwner,
    Trust,
    require_own_state,
    require_trusted_file,
    require_trusted_folder,
    trust_of,
)

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows has other owners")
# Nobody here has it: what belongs to this process is then a stranger's.
OTHER = Trust(frozenset({2**31 - 2}))


@pytest.fixture
def folder(tmp_path):
    """A folder as a checkout is: this user's, and for others to read alone."""
    made = tmp_path / "checkout"
    made.mkdir(mode=0o755)
    (made / "llamactl.toml").write_text("")
    (made / "llamactl.toml").chmod(0o644)
    return made


def test_a_file_of_this_user_is_used(folder):
    require_trusted_file(folder / "llamactl.toml")
    require_trusted_folder(folder)
    require_own_state(folder)


@pytest.mark.parametrize(
    "require", [require_trusted_file, require_trusted_folder, require_own_state]
)
def test_what_another_user_owns_is_refused_by_name(folder, require):
    path = folder / "llamactl.toml" if require is require_trusted_file else folder

    with pytest.raises(DubiousOwner) as error:
        require(path, OTHER)

    assert str(path) in error.value.message
    assert "belongs to" in error.value.message
    assert f"LLAMACTL_SAFE_DIRECTORY={folder}" in (error.value.hint or "")
    assert error.value.exit_code == 10


@pytest.mark.parametrize("mode", [0o646, 0o666])
def test_a_file_that_every_user_may_write_is_refused(folder, mode):
    (folder / "llamactl.toml").chmod(mode)

    with pytest.raises(DubiousOwner, match="every user may write") as error:
        require_trusted_file(folder / "llamactl.toml")

    assert f"chmod o-w {folder / 'llamactl.toml'}" in (error.value.hint or "")


@pytest.mark.parametrize("mode", [0o757, 0o1777], ids=["plain", "sticky"])
def test_a_file_in_a_folder_that_every_user_may_write_is_refused(folder, mode):
    folder.chmod(mode)

    with pytest.raises(DubiousOwner, match=f"every user may write {folder}"):
        require_trusted_file(folder / "llamactl.toml")
    with pytest.raises(DubiousOwner, match=f"every user may write {folder}"):
        require_own_state(folder)


def test_a_folder_on_the_way_that_every_user_may_write_is_refused(folder):
    folder.parent.chmod(0o777)

    with pytest.raises(DubiousOwner, match=f"every user may write {folder.parent}"):
        require_trusted_file(folder / "llamactl.toml")


def test_a_sticky_folder_on_the_way_lets_nobody_exchange_what_is_ours(folder):
    folder.parent.chmod(0o1777)

    require_trusted_file(folder / "llamactl.toml")
    require_own_state(folder)


def test_a_link_is_followed_to_a_folder_that_others_may_write(folder, tmp_path):
    target = tmp_path / "open"
    target.mkdir()
    (target / "real.toml").write_text("")
    target.chmod(0o777)
    (folder / "llamactl.toml").unlink()
    (folder / "llamactl.toml").symlink_to("../open/real.toml")

    with pytest.raises(DubiousOwner, match=f"every user may write {target}"):
        require_trusted_file(folder / "llamactl.toml")


def test_each_folder_that_links_lead_through_is_looked_at(folder, tmp_path):
    real, between = tmp_path / "real", tmp_path / "between"
    real.mkdir()
    between.mkdir()
    (real / "ours.toml").write_text("")
    (between / "way").symlink_to(real)
    (folder / "llamactl.toml").unlink()
    (folder / "llamactl.toml").symlink_to(between / "way" / "ours.toml")
    require_trusted_file(folder / "llamactl.toml")
    between.chmod(0o777)

    with pytest.raises(DubiousOwner, match=f"every user may write {between}"):
        require_trusted_file(folder / "llamactl.toml")


def test_links_in_a_circle_end(folder):
    (folder / "a").symlink_to("b")
    (folder / "b").symlink_to("a")

    require_trusted_folder(folder / "a")


def test_a_group_of_this_user_alone_may_write(folder):
    """As with a umask of 002, where each user has a group of the same name."""
    if not _has_private_group():
        pytest.skip("this user's group has another name, or members")
    folder.chmod(0o775)
    (folder / "llamactl.toml").chmod(0o664)

    require_trusted_file(folder / "llamactl.toml")


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="needs root")
def test_a_group_of_others_may_not(folder):
    os.chown(folder / "llamactl.toml", 0, 12345)
    (folder / "llamactl.toml").chmod(0o664)

    with pytest.raises(DubiousOwner, match="the group 12345 may write"):
        require_trusted_file(folder / "llamactl.toml")


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="needs root")
def test_a_link_of_another_user_is_refused(folder):
    (folder / "llamactl.toml").rename(folder / "ours.toml")
    (folder / "llamactl.toml").symlink_to("ours.toml")
    os.chown(folder / "llamactl.toml", 12345, 12345, follow_symlinks=False)

    with pytest.raises(DubiousOwner, match="belongs to uid 12345"):
        require_trusted_file(folder / "llamactl.toml")


def test_what_the_environment_calls_safe_is_used_whoever_owns_it(folder):
    named = trust_of({"LLAMACTL_SAFE_DIRECTORY": os.pathsep.join(["/elsewhere", str(folder)])})
    trust = replace(OTHER, safe=named.safe)

    require_trusted_file(folder / "llamactl.toml", trust)
    require_own_state(folder / "state", trust)
    with pytest.raises(DubiousOwner):
        require_trusted_folder(folder.parent, trust)


def test_the_user_who_ran_sudo_is_trusted_by_root_alone():
    owners = trust_of({"SUDO_UID": "12345"}).owners

    assert (12345 in owners) == (os.geteuid() == 0)
    assert {0, os.geteuid()} <= owners


def test_a_folder_that_is_not_there_yet_is_not_refused(tmp_path):
    require_trusted_folder(tmp_path / "absent" / "state")
    require_own_state(tmp_path / "absent" / "state")


def _has_private_group():
    import grp
    import pwd

    me = pwd.getpwuid(os.geteuid())
    group = grp.getgrgid(me.pw_gid)
    return group.gr_name == me.pw_name and set(group.gr_mem) <= {me.pw_name}
