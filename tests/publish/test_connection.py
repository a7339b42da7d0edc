"""Brokers that are not brokers: nothing they do may raise, grow, or keep the link from a good one later."""

import contextlib
import socket
import threading
from dataclasses import replace

import pytest

from sternway.config import BrokerSettings
from sternway.publish.inbound_throttle import Throttle
from sternway.publish.link import FIGHT_ATTEMPTS, BrokerLink
from sternway.publish.traffic import Inbound, LinkSettings, Outgoing

CONNACK = b"\x20\x03\x00\x00\x00"
QUICK = LinkSettings(keepalive_s=1, connect_timeout_s=1.0, retry_first_s=0.02, retry_most_s=0.05, reads_per_s=4000.0)


class BadBroker:
    """A server that answers every connection with the same bytes and keeps it, or closes it."""

    def __init__(self, answer, close=False):
        self._answer = answer
        self._close = close
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port = self._server.getsockname()[1]
        self.met = threading.Semaphore(0)
        self._kept = []
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._server.accept()
                self._kept.append(client)
                client.settimeout(15)
                client.recv(4096)
                with contextlib.suppress(OSError):
                    client.sendall(self._answer)
                if self._close:
                    client.close()
                self.met.release()

    def end(self):
        self._server.close()
        for client in self._kept:
            client.close()


@pytest.fixture
def bad_broker():
    made = []

    def start(answer, **more):
        made.append(BadBroker(answer, **more))
        return made[-1]

    yield start
    for one in made:
        one.end()


@pytest.fixture
def link():
    made = []

    def start(port, settings=QUICK, **more):
        one = BrokerLink(
            BrokerSettings(host="127.0.0.1", port=port, tls=False),
            "clip-1",
            subscriptions=["sternway/clip-1/command/+"],
            will=Outgoing("sternway/clip-1/availability", b"offline", retain=True),
            settings=settings,
            **more,
        )
        made.append(one)
        one.start()
        return one

    yield start
    for one in made:
        one.close()


ANSWERS = [
    b"",
    b"\x00" * 100,
    b"\xff" * 100,
    b"HTTP/1.1 400 Bad Request\r\n\r\n",
    b"\x20\x03\x00\x87\x00",
    b"\x20\x00",
    CONNACK + b"\x30\xff\xff\xff\xff\xff\xff",
    CONNACK + b"\x30\x02\x00\xff",
    CONNACK + b"\x40\x02\xff\xff",
    CONNACK + b"\x90\x01\x00",
    CONNACK + b"\xe0\x02\x8e\x00",
    CONNACK + b"\x30\x05\x00\x03\xff\xfe\xfd",
]


@pytest.mark.parametrize("answer", ANSWERS, ids=range(len(ANSWERS)))
def test_whatever_a_broker_answers_the_link_tries_again(bad_broker, link, answer):
    broker = bad_broker(answer, close=True)
    one = link(broker.port)
    for _ in range(3):
        assert broker.met.acquire(timeout=15)
    assert one._thread.is_alive()


def test_a_packet_larger_than_allowed_ends_the_connection_at_once(bad_broker, link):
    broker = bad_broker(CONNACK + b"\x30\xff\xff\xff\x7f" + b"x" * 100_000)
    one = link(broker.port)
    for _ in range(2):
        assert broker.met.acquire(timeout=15)
    assert one._thread.is_alive()


def test_a_flood_is_dropped_beyond_a_bound_and_counted(bad_broker, link):
    message = b"\x30\x22\x00\x1csternway/clip-1/command/stop\x00abc"
    woken = threading.Semaphore(0)
    broker = bad_broker(CONNACK + message * 600)
    one = link(broker.port, wake=woken.release, settings=replace(QUICK, reads_per_s=10_000.0))
    for _ in range(QUICK.queue_count + 20):
        assert woken.acquire(timeout=15)
    read = []
    while (news := one.news()) is not None:
        read.append(news)
    assert len(read) <= QUICK.queue_count
    assert all(isinstance(news, Inbound) for news in read)
    assert one._complaints.count("flood") > 0


def test_a_broker_that_goes_on_flooding_is_left_alone(bad_broker, link):
    floods = threading.Event()
    message = b"\x30\x22\x00\x1csternway/clip-1/command/stop\x00abc"
    broker = bad_broker(CONNACK + message * 2000)
    one = link(broker.port, wake=lambda: floods.set() if "more than anybody" in one.words else None)
    assert floods.wait(15)
    assert one._attempts >= FIGHT_ATTEMPTS or not one.connected


def test_a_broker_that_does_not_answer_is_left_after_the_keep_alive(bad_broker, link):
    broker = bad_broker(CONNACK)
    link(broker.port)
    for _ in range(2):
        assert broker.met.acquire(timeout=15)


def test_an_exception_in_what_is_called_back_ends_the_connection_and_not_the_thread(bad_broker, link, caplog):
    def trip():
        raise ValueError("boom")

    broker = bad_broker(CONNACK)
    one = link(broker.port, wake=trip)
    for _ in range(2):
        assert broker.met.acquire(timeout=15)
    assert one._thread.is_alive()
    assert "a broker callback failed" in caplog.text


def test_nothing_is_taken_while_there_is_no_connection(link):
    one = link(9)
    assert not one.send(Outgoing("sternway/clip-1/record", b"x"))


def test_host_and_local_name_are_tried_by_turns():
    one = BrokerLink(
        BrokerSettings(host="192.0.2.1", local_name="home.local"),
        "clip-1",
        subscriptions=[],
        will=Outgoing("x", b""),
    )
    tried = []
    for attempts in range(4):
        one._attempts = attempts
        tried.append(one._host())
    assert tried == ["192.0.2.1", "home.local"] * 2


def test_waiting_doubles_up_to_its_bound_and_is_never_in_step():
    one = BrokerLink(BrokerSettings(host="x"), "clip-1", subscriptions=[], will=Outgoing("x", b""))
    settings = LinkSettings()
    for attempts, most_s in (
        (1, 1.0),
        (2, 2.0),
        (4, 8.0),
        (9, settings.retry_most_s),
        (10**6, settings.retry_most_s),
    ):
        one._attempts = attempts
        delays_s = {one._delay_s() for _ in range(50)}
        assert len(delays_s) > 10
        assert most_s / 2 <= min(delays_s) <= max(delays_s) <= most_s


def test_the_throttle_lets_a_burst_through_and_then_keeps_its_rate():
    now_s = [0.0]

    def sleep(time_s):
        now_s[0] += time_s

    throttle = Throttle(128.0, monotonic=lambda: now_s[0], sleep=sleep)
    for _ in range(60):
        throttle.take()
    assert now_s[0] == 0.0
    for _ in range(16):
        assert throttle.take()
    assert now_s[0] == 16 / 128
    assert not all(throttle.take() for _ in range(20)), "a quarter of a second of this is a flood"


def test_the_throttle_lets_answers_through_as_fast_as_they_come():
    throttle = Throttle(100.0, monotonic=lambda: 0.0, sleep=lambda _: pytest.fail("an answer had to wait"))
    for _ in range(500):
        assert all(throttle.take() for _ in range(3))
        throttle.give_back()


def test_a_broker_that_acknowledges_quickly_is_no_flood(mosquitto, link):
    woken = threading.Semaphore(0)
    one = link(mosquitto().port, wake=woken.release, settings=replace(QUICK, keepalive_s=10, reads_per_s=1.0))
    while not one.connected:
        assert woken.acquire(timeout=15)
    settled = set()
    for number in range(300):
        assert one.send(Outgoing("sternway/clip-1/record", b"{}", token=number))
        while number - len(settled) > 20:
            assert woken.acquire(timeout=15)
            while (news := one.news()) is not None:
                settled.add(news.token)
    assert one.words == "connected"
    assert one.connection_count == 1
