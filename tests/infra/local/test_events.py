import pytest

from llamactl_infra.local.events import Failed, Listening, Loading, parse_event


@pytest.mark.parametrize(
    ("line", "event"),
    [
        (b'{"event":"loading"}\n', Loading()),
        (b'{"event":"listening","port":8000,"pid":12}\n', Listening(8000, 12)),
        (b'{"event":"listening","port":8000}\n', Listening(8000, None)),
        (
            b'{"event":"failed","reason":"port-taken","message":"taken"}\n',
            Failed("port-taken", "taken"),
        ),
        (b'{"event":"failed","reason":"new-one"}\n', Failed("internal", "")),
    ],
)
def test_an_event_is_read(line, event):
    assert parse_event(line) == event


@pytest.mark.parametrize(
    "line", [b"", b"hello\n", b"[]\n", b'{"event":"dancing"}', b'{"event":"listening"}', b"\xff"]
)
def test_a_line_that_is_no_event_is_none(line):
    assert parse_event(line) is None
