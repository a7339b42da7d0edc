import os
import socket

import pytest

from sternway.device.notify import Notifier


@pytest.fixture
def systemd(tmp_path):
    """A socket where systemd would listen."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(str(tmp_path / "notify"))
        listener.settimeout(5.0)
        yield listener


def heard(listener):
    return listener.recv(4096).decode()


def test_systemd_hears_ready_alive_and_status(systemd):
    notifier = Notifier({"NOTIFY_SOCKET": systemd.getsockname()})
    notifier.ready()
    notifier.alive()
    notifier.status("walking\nbackward")
    notifier.stopping()
    assert [heard(systemd) for _ in range(4)] == ["READY=1", "WATCHDOG=1", "STATUS=walking backward", "STOPPING=1"]
    notifier.close()


def test_an_abstract_socket_is_understood():
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(f"\0sternway-test-{os.getpid()}")
        notifier = Notifier({"NOTIFY_SOCKET": f"@sternway-test-{os.getpid()}"})
        notifier.ready()
        assert heard(listener) == "READY=1"
        notifier.close()


def test_without_systemd_nothing_happens():
    notifier = Notifier({})
    notifier.ready()
    notifier.close()
    assert notifier.watchdog_s is None


def test_a_socket_that_vanished_raises_nothing(tmp_path):
    notifier = Notifier({"NOTIFY_SOCKET": str(tmp_path / "gone")})
    notifier.alive()
    notifier.close()


def test_a_full_socket_never_holds_the_loop(systemd):
    notifier = Notifier({"NOTIFY_SOCKET": systemd.getsockname()})
    for _ in range(5000):
        notifier.status("x" * 1000)
    notifier.close()


@pytest.mark.parametrize(
    ("environment", "watchdog_s"),
    [
        ({"WATCHDOG_USEC": "10000000"}, 10.0),
        ({"WATCHDOG_USEC": "10000000", "WATCHDOG_PID": str(os.getpid())}, 10.0),
        ({"WATCHDOG_USEC": "10000000", "WATCHDOG_PID": "1"}, None),
        ({"WATCHDOG_USEC": "soon"}, None),
    ],
)
def test_knows_how_often_systemd_wants_a_sign_of_life(environment, watchdog_s):
    assert Notifier(environment).watchdog_s == watchdog_s
