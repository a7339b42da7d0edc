import pytest
from msgspec import structs

from sternway.publish.state_rate_limit import StatePace
from sternway.records import Phase


@pytest.fixture
def pace():
    return StatePace()


def sends(pace, shows, end_s, step_s=0.1):
    """Show states at their times and return when the pace sent one; in between the last is shown again."""
    sent, state = [], None
    for tick in range(round(end_s / step_s)):
        now_s = tick * step_s
        state = shows.get(round(now_s, 3), state)
        if state is not None:
            pace.show(state)
        due = pace.due(now_s)
        if due is not None:
            pace.sent(due, now_s)
            sent.append(round(now_s, 3))
    return sent


def test_a_change_is_sent_at_once_but_never_more_than_once_a_second(pace, state):
    shows = {round(0.1 * n, 3): structs.replace(state, steps=n) for n in range(50)}
    assert sends(pace, shows, 5.0) == [0.0, 1.0, 2.0, 3.0, 4.0]


def test_in_a_session_an_unchanged_state_is_sent_every_two_seconds(pace, state):
    assert sends(pace, {0.0: state}, 7.0) == [0.0, 2.0, 4.0, 6.0]


def test_outside_a_session_an_unchanged_state_is_sent_every_thirty_seconds(pace, state):
    assert sends(pace, {0.0: structs.replace(state, phase=Phase.READY)}, 65.0) == [0.0, 30.0, 60.0]


def test_a_loop_that_hangs_is_not_repeated(pace, state):
    pace.show(state)
    pace.sent(pace.due(0.0), 0.0)
    assert pace.due(100.0) is None


def test_after_a_new_connection_the_newest_is_due_at_once(pace, state):
    pace.show(state)
    pace.sent(pace.due(0.0), 0.0)
    pace.anew()
    assert pace.due(0.1) == state


def test_a_state_shown_while_another_was_being_sent_is_not_lost(pace, state):
    pace.show(state)
    due = pace.due(0.0)
    newer = structs.replace(state, steps=43)
    pace.show(newer)
    pace.sent(due, 0.0)
    assert pace.due(1.0) == newer
