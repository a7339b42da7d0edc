import logging
import threading
from datetime import UTC, datetime, timedelta

from sternway.clock import Clock, boot_id
from sternway.events import Kind
from sternway.publish.automation_events import Alerts, AlertToken
from sternway.publish.backlog import Backlog
from sternway.publish.rate_limited_log import AGAIN_S, KINDS, Complaints
from sternway.records import RecordKind


class Wire:
    def __init__(self):
        self.sent = []
        self.open = True

    def __call__(self, payload, expiry_s, token):
        if self.open:
            self.sent.append((token.number, expiry_s))
        return self.open


def test_an_alert_waits_for_a_connection_with_what_is_left_of_its_life(stumble):
    wire = Wire()
    alerts = Alerts(wire)
    wire.open = False
    alerts.add(stumble(), 0.0)
    alerts.turn(0.0)
    wire.open = True
    alerts.turn(100.5)
    assert wire.sent == [(1, 499)]


def test_an_alert_is_sent_once_on_a_connection_and_again_on_the_next_unless_it_arrived(stumble):
    wire = Wire()
    alerts = Alerts(wire)
    alerts.add(stumble(), 0.0)
    alerts.turn(0.0)
    alerts.turn(1.0)
    alerts.begin()
    alerts.turn(2.0)
    alerts.settled(AlertToken(1))
    alerts.begin()
    alerts.turn(3.0)
    assert [number for number, _ in wire.sent] == [1, 1]


def test_an_alert_ten_minutes_old_is_no_news(stumble):
    wire = Wire()
    alerts = Alerts(wire)
    alerts.add(stumble(), 0.0)
    alerts.turn(600.0)
    assert wire.sent == []


def test_only_what_automations_know_becomes_an_alert(stumble, journal):
    wire = Wire()
    alerts = Alerts(wire)
    alerts.add(journal(), 0.0)
    alerts.add(stumble(kind=Kind.NOT_WORN), 0.0)
    alerts.add(stumble(kind=Kind.FALL), 0.0)
    alerts.turn(0.0)
    assert len(wire.sent) == 1


def test_the_backlog_is_first_in_first_out_and_drops_the_oldest(stumble):
    backlog = Backlog(record_count=3)
    for number in range(5):
        backlog.push(stumble(number))
    taken = [backlog.take().body.time_s for _ in range(3)]
    assert taken == [2.0, 3.0, 4.0]
    assert backlog.take() is None
    assert backlog.dropped_count == 2


def test_traces_never_push_out_events(stumble, trace):
    backlog = Backlog(record_count=3, trace_count=2)
    backlog.push(stumble())
    for _ in range(9):
        backlog.push(trace())
    kinds = [backlog.take().kind for _ in range(len(backlog))]
    assert kinds == [RecordKind.EVENT, RecordKind.TRACE, RecordKind.TRACE]


def test_two_threads_lose_nothing_between_them(stumble):
    backlog = Backlog(record_count=100_000)
    record = stumble()
    pusher = threading.Thread(target=lambda: [backlog.push(record) for _ in range(20_000)])
    pusher.start()
    taken = 0
    while pusher.is_alive() or len(backlog):
        taken += backlog.take() is not None
    pusher.join()
    assert taken == 20_000


def test_a_complaint_is_said_once_and_then_counted(caplog):
    now_s = [0.0]
    complaints = Complaints(lambda: now_s[0])
    for _ in range(1000):
        complaints.note("card", "the card is slow")
    assert [record.message for record in caplog.records] == ["the card is slow"]
    now_s[0] = AGAIN_S
    complaints.note("card", "the card is slow")
    assert caplog.records[-1].message == "the card is slow (1000 times since last said)"
    assert complaints.count("card") == 1001


def test_a_trouble_that_was_over_is_news_again(caplog):
    complaints = Complaints(lambda: 0.0)
    complaints.note("card", "the card is slow")
    complaints.over("card")
    complaints.note("card", "the card is slow", logging.ERROR)
    assert len(caplog.records) == 2


def test_the_kinds_of_complaint_are_bounded(caplog):
    complaints = Complaints(lambda: 0.0)
    for number in range(10_000):
        complaints.note(f"kind {number}", "words from outside")
    assert len(caplog.records) <= KINDS + 1


def test_a_moment_in_the_past_has_the_wall_time_of_then():
    wall = datetime(2026, 11, 22, 10, 0, 0, tzinfo=UTC)
    clock = Clock("clip-1", synced=lambda: True, monotonic=lambda: 100.0, wall=lambda: wall)
    moment = clock.moment(97.5)
    assert moment.monotonic_s == 97.5
    assert datetime.fromisoformat(moment.wall_time) == wall - timedelta(seconds=2.5)
    assert moment.boot_id == boot_id()


def test_a_clock_that_nobody_set_says_so():
    clock = Clock("clip-1", synced=lambda: False)
    assert clock.utc_now() is None
    assert clock.moment().clock_synced is False
