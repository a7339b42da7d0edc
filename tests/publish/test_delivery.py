import itertools
import shutil

import pytest

from sternway.publish.delivery import AHEAD_COUNT, LONGEST_RESEND_S, WINDOW_COUNT, Delivery
from sternway.publish.outbox import Outbox
from sternway.records import Moment, Record, RecordKind
from sternway.wire.messages import Ack


class Road:
    """Takes parcels, or does not."""

    def __init__(self):
        self.sent = []
        self.open = True

    def __call__(self, parcel):
        if self.open:
            self.sent.append(parcel.seq)
        return self.open


@pytest.fixture
def road():
    return Road()


@pytest.fixture(scope="module")
def full_outbox(tmp_path_factory):
    path = tmp_path_factory.mktemp("outbox") / "outbox.db"
    moment = Moment("clip-1", "d34c8361-1ff3", 1.0, "2026-11-22T09:42:24Z", True)
    one = Outbox(path, 10_000_000)
    one.open()
    for number in range(230):
        one.put(Record(RecordKind.JOURNAL, {"kind": "note", "body": {"number": number}}, moment))
    one.close()
    return path


@pytest.fixture
def outbox(tmp_path, full_outbox):
    shutil.copy(full_outbox, tmp_path / "outbox.db")
    one = Outbox(tmp_path / "outbox.db", 10_000_000)
    one.open()
    yield one
    one.close()


@pytest.fixture
def delivery(outbox, road):
    one = Delivery(outbox, road, resend_s=30.0)
    one.begin(0.0)
    return one


def settle_all(delivery, road):
    for seq in road.sent:
        delivery.settled(seq)


def test_only_a_window_is_on_its_way_at_once(delivery, road):
    delivery.turn(0.0)
    delivery.turn(0.1)
    assert road.sent == list(range(1, WINDOW_COUNT + 1))


def test_the_brokers_answer_makes_room_for_the_next(delivery, road):
    delivery.turn(0.0)
    delivery.settled(1)
    delivery.turn(0.1)
    assert road.sent[-1] == WINDOW_COUNT + 1


def test_without_the_dashboard_no_more_than_a_few_are_sent_ahead(delivery, road):
    for turn in range(40):
        delivery.turn(0.1 * turn)
        settle_all(delivery, road)
    assert road.sent == list(range(1, AHEAD_COUNT + 1))


def test_an_acknowledgement_opens_the_way_for_the_rest(delivery, road, outbox):
    for turn in range(80):
        delivery.turn(0.1 * turn)
        settle_all(delivery, road)
        delivery.acknowledged(Ack(outbox.store_id, road.sent[-1]), 0.1 * turn)
    assert road.sent == list(range(1, 231))
    assert outbox.waiting_count() == 0


def test_what_is_not_acknowledged_is_sent_again_oldest_first_and_ever_less_often(delivery, road):
    at_s, times_s = 0.0, []
    while at_s < 4000.0:
        before = len(road.sent)
        delivery.turn(at_s)
        if len(road.sent) > before and road.sent[before] == 1:
            times_s.append(at_s)
        settle_all(delivery, road)
        at_s += 1.0
    gaps_s = [after - before for before, after in itertools.pairwise(times_s)]
    assert gaps_s[:4] == [30.0, 60.0, 120.0, 240.0]
    assert set(gaps_s[5:]) == {LONGEST_RESEND_S}


def test_a_new_connection_begins_at_the_oldest(delivery, road):
    delivery.turn(0.0)
    delivery.begin(5.0)
    delivery.turn(5.0)
    assert road.sent[WINDOW_COUNT] == 1


def test_a_parcel_that_was_not_taken_is_offered_again(delivery, road):
    road.open = False
    delivery.turn(0.0)
    road.open = True
    delivery.turn(0.1)
    assert road.sent[0] == 1
