import json
from pathlib import Path

import pytest
import yaml

from sternway.conversion import convert
from sternway.events import Kind
from sternway.publish.home_assistant import EXPIRE_AFTER_S, TRIGGERS, components, discovery, encode_discovery
from sternway.publish.state_rate_limit import IDLE_S
from sternway.wire.messages import AUTOMATION_KINDS, decode_command
from sternway.wire.values import Instant

GOLDEN = Path(__file__).with_name("discovery.golden.json")
DOCS = Path(__file__).parents[2] / "docs" / "home-assistant"

UNITS = {"duration": {"s", "min", "h", "d"}, "battery": {"%"}}
"""What Home Assistant allows for the device classes used here; with any other it drops the entity."""


def test_the_discovery_message_is_the_one_that_was_tried_on_a_real_home_assistant():
    """After a wanted change run `make home-assistant-test`, then write the new message into the golden file."""
    assert discovery("clip-1", "0.1.0") == json.loads(GOLDEN.read_text())


def test_every_entity_has_an_id_of_its_own_for_ever():
    ids = [c["unique_id"] for c in components("clip-1").values() if c["p"] != "device_automation"]
    assert len(ids) == len(set(ids))
    assert all(one.startswith("sternway_clip-1_") for one in ids)


def test_units_match_their_device_classes():
    for component in components("clip-1").values():
        if component.get("device_class") in UNITS:
            assert component["unit_of_measurement"] in UNITS[component["device_class"]]


@pytest.mark.parametrize("key", ["event", "last_walk", "week_steps", "week_backward", "last_event_at", "connected"])
def test_what_must_be_readable_while_the_clip_is_off_opts_out_of_availability(key):
    assert components("clip-1")[key]["availability"] == []


@pytest.mark.parametrize("key", ["walking", "problem", "direction", "stability", "cadence"])
def test_what_is_live_expires_after_two_missed_states(key):
    assert components("clip-1")[key]["expire_after"] == EXPIRE_AFTER_S > 2 * IDLE_S


def test_the_event_entity_and_the_triggers_know_the_words_that_are_sent():
    made = components("clip-1")
    assert made["event"]["event_types"] == [str(kind) for kind in AUTOMATION_KINDS]
    for word in TRIGGERS:
        assert made[f"on_{word}"]["payload"] == word
        assert Kind(word) in AUTOMATION_KINDS


def render(template, value=""):
    """Fill a command template as Home Assistant's engine would, for the three things that ours use."""
    filled = template.replace("{{ now().timestamp() }}", "1795342021.25").replace("{{ value }}", value)
    return filled.replace("{{ utcnow().isoformat() }}", "2026-11-22T10:00:00.123456+00:00").encode()


@pytest.mark.parametrize(("key", "value"), [("buzz", ""), ("stop", ""), ("haptics", "true"), ("haptics", "false")])
def test_what_a_button_sends_is_a_command_that_the_clip_takes(key, value):
    component = components("clip-1")[key]
    command = decode_command(
        component["command_topic"].rpartition("/")[2], render(component["command_template"], value)
    )
    convert(command.sent_at, Instant, "sent_at")
    assert getattr(command.body, "on", True) is (value != "false")


def test_the_message_is_small_enough_for_any_broker():
    assert len(encode_discovery("c" * 32)) < 16_000


class Loader(yaml.SafeLoader):
    """Reads Home Assistant's ``!input``."""


Loader.add_constructor("!input", lambda loader, node: ("input", loader.construct_scalar(node)))


@pytest.mark.parametrize("name", ["stumble-or-fall.yaml", "no-walk.yaml"])
def test_a_blueprint_uses_exactly_the_inputs_it_asks_for(name):
    blueprint = yaml.load((DOCS / name).read_text(), Loader)
    asked = set(blueprint["blueprint"]["input"])
    assert {word for kind, word in _inputs(blueprint) if kind == "input"} == asked


def test_the_card_names_entities_that_exist():
    slug = "sternway_clip_1_"
    names = {
        f"{c['p']}.{slug}{c['name'].lower().replace(' ', '_')}" for c in components("clip-1").values() if "name" in c
    }
    text = (DOCS / "card.yaml").read_text()
    used = {
        word.strip() for line in text.splitlines() if "entity:" in line for word in [line.partition("entity:")[2]]
    }
    assert used <= names


def _inputs(node):
    if isinstance(node, dict):
        return [pair for item in node.values() for pair in _inputs(item)]
    if isinstance(node, list):
        return [pair for item in node for pair in _inputs(item)]
    return [node] if isinstance(node, tuple) else []
