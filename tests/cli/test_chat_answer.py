"""One answer as it is written, measured, stopped and kept."""

from itertools import count

import pytest

from llamactl.chat.answer import STOPPED, Answer, stream_answer
from llamactl.chat.session import Session
from llamactl_catalog.prompts import Message
from llamactl_gateway.endpoint import Delta, Sampling

EMPTY = Session(system=None, sampling=Sampling(), defaults=Sampling())


class Deltas:
    """An answer's pieces; an exception among them is raised in its place."""

    def __init__(self, *pieces):
        self.pieces = pieces
        self.closed = False

    def stream(self):
        try:
            for piece in self.pieces:
                if isinstance(piece, BaseException):
                    raise piece
                yield piece
        finally:
            self.closed = True


def written(deltas, **settings):
    shown = []
    answer = stream_answer(deltas.stream(), shown.append, **settings)
    return answer, "".join(shown)


def seconds():
    steps = count()
    return lambda: float(next(steps))


def test_pieces_are_written_as_they_come_and_the_last_line_is_ended():
    answer, shown = written(Deltas(Delta("Hel"), Delta("lo", "stop"), Delta("", None, 2, 9)))

    assert shown == "Hello\n"
    assert answer.text == "Hello"
    assert (answer.finish_reason, answer.completion_tokens, answer.prompt_tokens) == ("stop", 2, 9)


def test_a_line_that_is_ended_is_not_ended_twice():
    assert written(Deltas(Delta("Hello\n")))[1] == "Hello\n"


def test_blanks_before_the_first_word_are_dropped_unless_it_is_a_completion():
    assert written(Deltas(Delta(" "), Delta(" Hello")))[1] == "Hello\n"
    assert written(Deltas(Delta(" Hello")), strip_start=False)[1] == " Hello\n"


def test_nothing_at_all_is_no_line():
    assert written(Deltas(Delta("", "stop")))[1] == ""


def test_speed_counts_the_tokens_after_the_first():
    # The clock ticks once at the start, at the first text and at the end.
    answer, _ = written(Deltas(Delta("a"), Delta("b"), Delta("", "stop", 11, 5)), clock=seconds())

    assert (answer.first_text_s, answer.duration_s) == (1.0, 2.0)
    assert answer.tokens_per_s == 10.0


def test_there_is_no_speed_of_one_token():
    answer, _ = written(Deltas(Delta("a"), Delta("", "stop", 1, 5)), clock=seconds())

    assert answer.tokens_per_s is None


def test_ctrl_c_stops_the_answer_on_the_server_and_keeps_what_was_said():
    deltas = Deltas(Delta("Once upon"), KeyboardInterrupt())

    answer, shown = written(deltas, stoppable=True)

    assert deltas.closed
    assert (answer.text, answer.finish_reason) == ("Once upon", STOPPED)
    assert shown == "Once upon\n"


def test_ctrl_c_goes_on_up_where_nothing_asks_again():
    with pytest.raises(KeyboardInterrupt):
        written(Deltas(Delta("Once"), KeyboardInterrupt()))


def test_an_error_ends_the_line_before_it_is_told():
    shown = []

    with pytest.raises(OSError, match="gone"):
        stream_answer(Deltas(Delta("Once"), OSError("gone")).stream(), shown.append)

    assert shown == ["Once", "\n"]


def answer_of(text, **settings):
    return Answer(text, "stop", 10, 5, 0.1, 0.2, **settings)


def test_a_turn_is_remembered_with_its_length():
    session = EMPTY.answered("Hi", answer_of("Hello"))

    assert session.said == (Message("user", "Hi"), Message("assistant", "Hello"))
    assert session.tokens == 15
    assert session.asking("Why?") == (*session.said, Message("user", "Why?"))


def test_a_question_without_an_answer_is_dropped():
    assert EMPTY.answered("Hi", answer_of(" ")) == EMPTY


def test_the_system_message_comes_first_and_outlives_clear():
    session = Session("Be brief.", Sampling(seed=1), Sampling()).answered("Hi", answer_of("Hello"))

    cleared = session.cleared()

    assert session.asking("Why?")[0] == Message("system", "Be brief.")
    assert cleared.asking("Why?") == (Message("system", "Be brief."), Message("user", "Why?"))
    assert (cleared.tokens, cleared.sampling) == (None, Sampling(seed=1))


def test_a_setting_goes_back_to_where_the_conversation_began():
    session = Session(None, Sampling(temperature=0.2), Sampling(temperature=0.2))

    changed = session.with_setting("temperature", 1.0)

    assert changed.sampling.temperature == 1.0
    assert changed.with_setting("temperature", None).sampling.temperature == 0.2
