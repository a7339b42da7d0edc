"""A real, current Home Assistant hears the clip: one long story, told in order (make home-assistant-test)."""

import json
import time

import msgspec
import pytest

from sternway.clock import Clock
from sternway.commands.forget import clear, retained_topics
from sternway.config import BrokerSettings, ClipSettings, OutboxSettings
from sternway.conversion import plain
from sternway.events import Cause, Event, Kind
from sternway.publish.home_assistant import components
from sternway.publish.publisher import Publisher
from sternway.publish.traffic import LinkSettings
from sternway.records import Phase, Record, RecordKind
from sternway.wire.event import event_body
from sternway.wire.state import State

pytestmark = pytest.mark.home_assistant

LAST_WALK = "2026-01-01T10:00:00+00:00"
WALKING = State(
    phase=Phase.BACKWARD,
    direction="backward",
    steps=42,
    steps_backward=40,
    backward_s=66.0,
    forward_s=3.0,
    cadence_spm=61.0,
    stability="raised",
    stability_learning=False,
    fault=None,
    worn=True,
    battery_percent=81.0,
    under_voltage=False,
    haptics=True,
    last_walk=LAST_WALK,
    last_event_at=None,
    last_event_kind=None,
    event_count=3,
    lane=2,
    plan_progress=0.4,
    version="0.1.0",
    week_steps=900,
    week_backward_s=1230.0,
)
EXPECTED = {
    "sensor/sternway_clip_1_steps/state": "42",
    "sensor/sternway_clip_1_steps/unit_of_measurement": '"steps"',
    "sensor/sternway_clip_1_steps/state_class": '"total_increasing"',
    "sensor/sternway_clip_1_backward_walking/state": "1.1",
    "sensor/sternway_clip_1_backward_walking/unit_of_measurement": '"min"',
    "sensor/sternway_clip_1_backward_walking/device_class": '"duration"',
    "sensor/sternway_clip_1_cadence/state": "61.0",
    "sensor/sternway_clip_1_cadence/unit_of_measurement": '"steps/min"',
    "sensor/sternway_clip_1_direction/state": "backward",
    "sensor/sternway_clip_1_steadiness/state": "raised",
    "sensor/sternway_clip_1_battery/state": "81.0",
    "sensor/sternway_clip_1_battery/unit_of_measurement": '"%"',
    "sensor/sternway_clip_1_fault/state": "none",
    "sensor/sternway_clip_1_last_walk/state": LAST_WALK,
    "sensor/sternway_clip_1_steps_this_week/state": "900",
    "sensor/sternway_clip_1_backward_walking_this_week/state": "20.5",
    "sensor/sternway_clip_1_events/state": "3",
    "sensor/sternway_clip_1_last_event/state": "unknown",
    "binary_sensor/sternway_clip_1_walking/state": "on",
    "binary_sensor/sternway_clip_1_walking/device_class": '"moving"',
    "binary_sensor/sternway_clip_1_problem/state": "off",
    "binary_sensor/sternway_clip_1_connection/state": "on",
    "switch/sternway_clip_1_warning_buzz/state": "on",
    "event/sternway_clip_1_balance_event/state": "unknown",
}
OFFLINE = {
    "sensor/sternway_clip_1_steps/state": "unavailable",
    "sensor/sternway_clip_1_steadiness/state": "unavailable",
    "binary_sensor/sternway_clip_1_walking/state": "unavailable",
    "binary_sensor/sternway_clip_1_connection/state": "off",
    "sensor/sternway_clip_1_last_walk/state": LAST_WALK,
    "sensor/sternway_clip_1_steps_this_week/state": "900",
}
EVENT = "event/sternway_clip_1_balance_event"


class Clip:
    """The clip's real publisher, whose connection can be cut without a goodbye."""

    def __init__(self, folder, port):
        self.clock = Clock("clip-1", synced=lambda: True)
        self.publisher = Publisher(
            ClipSettings("clip-1", str(folder)),
            BrokerSettings(host="127.0.0.1", port=port, tls=False),
            OutboxSettings(),
            clock=self.clock,
            chores=[self._show],
            link_settings=LinkSettings(keepalive_s=5, will_delay_s=1, retry_first_s=0.2, retry_most_s=1.0),
        )
        self.state = WALKING
        self.publisher.start()

    def _show(self):
        self.publisher.show(self.state)

    def happens(self, kind):
        event = Event(kind, 1.0, 1.2, 0.6, {"peak_g": 2.1})
        self.publisher.offer(Record(RecordKind.EVENT, event_body(event), self.clock.moment()))

    def command(self, timeout_s=20.0):
        end_s = time.monotonic() + timeout_s
        while time.monotonic() < end_s:
            for command in self.publisher.take_commands():
                return command
            time.sleep(0.1)
        raise AssertionError("no command came")

    def close(self):
        self.publisher.close()


@pytest.fixture(scope="module")
def clip(home, broker_port, tmp_path_factory):
    clip = Clip(tmp_path_factory.mktemp("clip"), broker_port)
    yield clip
    clip.close()


def test_every_entity_appears_with_its_state_and_its_unit(home, states, clip):
    states.wait(EXPECTED, 60.0)


def test_unknown_is_shown_as_unknown(states, clip):
    clip.state = msgspec.structs.replace(WALKING, cadence_spm=None, battery_percent=None, fault=Cause.FROZEN_SENSOR)
    states.wait(
        {
            "sensor/sternway_clip_1_cadence/state": "unknown",
            "sensor/sternway_clip_1_battery/state": "unknown",
            "sensor/sternway_clip_1_fault/state": "frozen_sensor",
            "binary_sensor/sternway_clip_1_problem/state": "on",
        }
    )
    clip.state = WALKING


def test_a_stumble_is_an_event(states, clip):
    clip.happens(Kind.STUMBLE)
    states.wait({f"{EVENT}/event_type": '"stumble"', f"{EVENT}/severity": "0.6"})


def test_triggers_blueprints_and_buttons_work_after_a_restart(home, states, clip, broker_port):
    when = states.now[f"{EVENT}/state"]
    home.stop()
    (device,) = [one for one in home.registry("device", "devices") if one["manufacturer"] == "Sternway"]
    assert device["name"] == "Sternway clip-1"
    assert device["sw_version"] == "0.1.0"
    (home.config / "automations.yaml").write_text(json.dumps(automations(device["id"])))
    home.start_again(states)
    states.wait({**EXPECTED, f"{EVENT}/state": when}, 60.0)
    time.sleep(5.0)

    clip.happens(Kind.FALL)
    assert states.expect("probe/trigger") == "fall"
    assert states.quiet("probe/blueprint", 2.0), "the blueprint was asked for confirmed falls only"
    clip.happens(Kind.FALL_CONFIRMED)
    assert states.expect("probe/blueprint") == "fall_confirmed"

    for press, name, body in (
        ("buzz", "buzz", {}),
        ("stop", "stop", {"reason": "Home Assistant"}),
        ("quiet", "haptics", {"on": False}),
    ):
        states.client.publish(f"probe/press/{press}", b"", 1)
        command = clip.command()
        assert (command.name, plain(command.body)) == (name, body)
        assert command.sent_at is not None

    states.client.publish("probe/press/check", b"", 1)
    assert states.expect("probe/reminder") == "walk again"


def test_a_flap_does_not_repeat_the_last_event(states, clip):
    """What the broker publishes as the clip's last will, and the clip when it is back."""
    when = states.now[f"{EVENT}/state"]
    states.client.publish("sternway/clip-1/availability", b"offline", 1, True)
    states.wait({**OFFLINE, f"{EVENT}/state": when})
    states.client.publish("sternway/clip-1/availability", b"online", 1, True)
    states.wait({"binary_sensor/sternway_clip_1_connection/state": "on", f"{EVENT}/state": when})
    states.wait({"sensor/sternway_clip_1_steps/state": "42"})
    assert states.quiet("probe/trigger", 2.0)
    assert states.now[f"{EVENT}/state"] == when


def test_a_clip_that_is_off_keeps_its_last_walk(states, clip):
    clip.close()
    states.wait(OFFLINE)


def test_a_forgotten_clip_is_gone(home, states, clip, broker_port):
    broker = BrokerSettings(host="127.0.0.1", port=broker_port, tls=False)
    clear(broker, "clip-1", retained_topics("clip-1", "homeassistant"))
    time.sleep(3.0)
    home.stop()
    assert not [one for one in home.registry("device", "devices") if one["manufacturer"] == "Sternway"]
    assert not [one for one in home.registry("entity", "entities") if one["unique_id"].startswith("sternway_")]


def test_it_had_nothing_to_complain_of(home):
    lines = home.log.read_text().splitlines()
    ours = [line for line in lines if "sternway" in line.lower() and (" ERROR " in line or " WARNING " in line)]
    assert not ours
    assert len(components("clip-1")) == 22


def automations(device_id):
    """A device trigger, both blueprints and a way to press each button, told to the probe over MQTT."""
    publish = "mqtt.publish"
    return [
        {
            "id": "trigger",
            "alias": "trigger",
            "triggers": [
                {
                    "trigger": "device",
                    "domain": "mqtt",
                    "device_id": device_id,
                    "type": "detected",
                    "subtype": "fall",
                }
            ],
            "actions": [{"action": publish, "data": {"topic": "probe/trigger", "payload": "fall"}}],
        },
        {
            "id": "blueprint",
            "alias": "blueprint",
            "use_blueprint": {
                "path": "sternway/stumble-or-fall.yaml",
                "input": {
                    "clip": device_id,
                    "kinds": ["fall_confirmed"],
                    "actions": [{"action": publish, "data": {"topic": "probe/blueprint", "payload": "{{ kind }}"}}],
                },
            },
        },
        {
            "id": "reminder",
            "alias": "reminder",
            "use_blueprint": {
                "path": "sternway/no-walk.yaml",
                "input": {
                    "last_walk": "sensor.sternway_clip_1_last_walk",
                    "days": 3,
                    "actions": [{"action": publish, "data": {"topic": "probe/reminder", "payload": "walk again"}}],
                },
            },
        },
        _press("buzz", "button.press", "button.sternway_clip_1_find_it_by_a_buzz"),
        _press("stop", "button.press", "button.sternway_clip_1_stop_the_walk"),
        _press("quiet", "switch.turn_off", "switch.sternway_clip_1_warning_buzz"),
        _press("check", "automation.trigger", "automation.reminder", skip_condition=False),
    ]


def _press(name, action, entity, **data):
    return {
        "id": name,
        "alias": name,
        "triggers": [{"trigger": "mqtt", "topic": f"probe/press/{name}"}],
        "actions": [{"action": action, "target": {"entity_id": entity}, "data": data}],
    }
