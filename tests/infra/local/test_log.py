import threading
import time
from pathlib import Path

import pytest

from llamactl_infra.local.log import RotatingLog, follow, parts, read


@pytest.fixture
def path(tmp_path: Path) -> Path:
    (tmp_path / "demo").mkdir()
    return tmp_path / "demo" / "server.log"


@pytest.fixture
def make_log(path: Path):
    made = []

    def make(**sizes):
        made.append(RotatingLog(path, **sizes))
        return made[-1]

    yield make
    for each in made:
        each.close()


def write(log: RotatingLog, first: int, last: int) -> None:
    log.write(b"line %03d\n" % number for number in range(first, last + 1))


def lines(first: int, last: int) -> list[str]:
    return [f"line {number:03d}" for number in range(first, last + 1)]


def test_a_full_part_is_renamed_and_a_new_one_begun(path, make_log):
    log = make_log(part_bytes=90)  # ten lines of nine bytes

    write(log, 1, 25)

    assert [each.name for each in parts(path)] == ["server.log.1", "server.log.2", "server.log"]
    assert path.read_text().splitlines() == lines(21, 25)


def test_only_the_newest_parts_are_kept(path, make_log):
    log = make_log(part_bytes=90, older_parts=2)

    write(log, 1, 100)

    assert [each.name for each in parts(path)] == ["server.log.8", "server.log.9", "server.log"]


def test_a_log_goes_on_where_the_last_process_left_it(path, make_log):
    write(make_log(part_bytes=90), 1, 15)
    write(make_log(part_bytes=90), 16, 25)

    assert read(path, tail=None) == lines(1, 25)
    assert len(parts(path)) == 3


def test_a_line_longer_than_a_part_is_kept_whole(path, make_log):
    log = make_log(part_bytes=10)

    log.write([b"x" * 100 + b"\n", b"y\n"])

    assert read(path, tail=None) == ["x" * 100, "y"]


@pytest.mark.parametrize("tail", [0, 1, 7, 25, 99])
def test_a_tail_reaches_over_the_parts(path, make_log, tail):
    write(make_log(part_bytes=90), 1, 25)

    assert read(path, tail=tail) == lines(max(1, 26 - tail), 25)


def test_no_log_has_no_lines(path):
    assert read(path, tail=None) == []


def test_bytes_that_are_no_text_do_not_stop_a_reader(path, make_log):
    make_log().write([b"caf\xe9\n"])

    assert read(path, tail=None) == ["caf�"]


def test_following_goes_on_over_every_rotation_and_ends_with_the_folder(path, make_log, tmp_path):
    log = make_log(part_bytes=90, older_parts=9)
    write(log, 1, 5)
    following = follow(path, tail=3)
    seen = [next(following)]
    reader = threading.Thread(target=lambda: seen.extend(following))

    reader.start()
    for number in range(6, 60):
        write(log, number, number)
        time.sleep(0.005)
    time.sleep(0.5)
    path.parent.rename(tmp_path / "gone")
    reader.join(timeout=5)

    assert not reader.is_alive()
    assert seen == lines(3, 59)


def test_following_gives_a_line_only_when_it_is_whole(path):
    path.write_bytes(b"one\n")
    following = follow(path, tail=None)

    first = next(following)
    with path.open("ab") as file:
        file.write(b"tw")
    timer = threading.Timer(0.3, lambda: path.write_bytes(b"one\ntwo\n"))
    timer.start()

    assert (first, next(following)) == ("one", "two")
    timer.join()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_a_full_disk_stops_the_log_and_not_the_server(path, make_log):
    path.symlink_to("/dev/full")
    log = make_log()

    write(log, 1, 3)
    log.close()
    path.unlink()
    write(log, 4, 4)

    assert read(path, tail=None) == ["llamactl: 3 lines lost, could not write", "line 004"]
