"""What Home Assistant is told so that the clip appears there as a device, with nothing to configure.

One retained message (device discovery) declares every component. Rules that real Home Assistant taught: the origin
(``o``) is required; a unit must match its device class or the entity is dropped; the last event is emitted again
when availability comes back unless the event component opts out of it; and what must be read while the clip is off,
such as the last walk, must not go unavailable with it.
"""

import json
from typing import Any

from sternway import __version__
from sternway.events import Cause
from sternway.publish.state_rate_limit import IDLE_S
from sternway.wire import topics
from sternway.wire.messages import AUTOMATION_KINDS

EXPIRE_AFTER_S = int(2 * IDLE_S + 10)
"""Two missed states and a margin: a hung clip, for which no last will is ever sent, turns *unavailable* then."""

TRIGGERS = ("stumble", "fall", "fall_confirmed")

_ALWAYS: dict[str, Any] = {"availability": []}
_DIAGNOSTIC = {"entity_category": "diagnostic"}
_LIVE = {"expire_after": EXPIRE_AFTER_S}
_STAMP = '"id": "ha-{{ now().timestamp() }}", "sent_at": "{{ utcnow().isoformat() }}"'

Component = dict[str, Any]


def discovery(clip_id: str, version: str = __version__) -> dict[str, Any]:
    """Return the discovery message of one clip as plain data."""
    return {
        "dev": {
            "ids": [f"sternway_{clip_id}"],
            "name": f"Sternway {clip_id}",
            "mf": "Sternway",
            "mdl": "Belt clip",
            "sw": version,
        },
        "o": {"name": "sternway", "sw": version},
        "availability": [{"topic": topics.AVAILABILITY.of(clip_id)}],
        "state_topic": topics.STATE.of(clip_id),
        "qos": 1,
        "cmps": components(clip_id),
    }


def encode_discovery(clip_id: str, version: str = __version__) -> bytes:
    """Return the payload of the discovery message."""
    return json.dumps(discovery(clip_id, version), separators=(",", ":")).encode()


def components(clip_id: str) -> dict[str, Component]:
    """Return every component, by the name it keeps for ever (its unique id is made of it)."""
    made = {
        **_sensors(),
        **_binary_sensors(clip_id),
        **_events(clip_id),
        **_controls(clip_id),
    }
    for key, component in made.items():
        if component["p"] != "device_automation":
            component["unique_id"] = f"sternway_{clip_id}_{key}"
    return made


def _sensors() -> dict[str, Component]:
    return {
        "steps": _sensor("Steps", "{{ value_json.steps }}", "total_increasing", "steps", icon="mdi:walk"),
        "backward": _duration("Backward walking", "backward_s"),
        "cadence": _sensor("Cadence", "{{ value_json.cadence_spm }}", "measurement", "steps/min", **_LIVE)
        | {"icon": "mdi:metronome", "suggested_display_precision": 0},
        "direction": _choice("Direction", "{{ value_json.direction }}", ("forward", "backward", "unknown"))
        | {"icon": "mdi:compass-outline", **_LIVE},
        "stability": _choice("Steadiness", "{{ value_json.stability }}", ("steady", "raised", "high", "unknown"))
        | {"icon": "mdi:human-handsup", **_LIVE},
        "battery": _sensor("Battery", "{{ value_json.battery_percent }}", "measurement", "%", device_class="battery")
        | _DIAGNOSTIC,
        "fault": _choice("Fault", "{{ value_json.fault or 'none' }}", ("none", *Cause)) | _DIAGNOSTIC,
        "last_walk": _instant("Last walk", "last_walk"),
        "week_steps": _sensor("Steps this week", "{{ value_json.week_steps }}", "total", "steps", icon="mdi:walk")
        | _ALWAYS,
        "week_backward": _duration("Backward walking this week", "week_backward_s", "total") | _ALWAYS,
        "last_event_at": _instant("Last event", "last_event_at"),
        "event_count": _sensor("Events", "{{ value_json.event_count }}", "total_increasing", "events")
        | {"icon": "mdi:counter", **_DIAGNOSTIC, **_ALWAYS},
    }


def _binary_sensors(clip_id: str) -> dict[str, Component]:
    return {
        "walking": _binary("Walking", "moving", "value_json.direction != 'unknown'") | _LIVE,
        "problem": _binary("Problem", "problem", "value_json.fault is not none") | _DIAGNOSTIC | _LIVE,
        "connected": {
            "p": "binary_sensor",
            "name": "Connection",
            "device_class": "connectivity",
            "state_topic": topics.AVAILABILITY.of(clip_id),
            "payload_on": "online",
            "payload_off": "offline",
            **_DIAGNOSTIC,
            **_ALWAYS,
        },
    }


def _events(clip_id: str) -> dict[str, Component]:
    event: Component = {
        "p": "event",
        "name": "Balance event",
        "event_types": [kind.value for kind in AUTOMATION_KINDS],
        "state_topic": topics.EVENT.of(clip_id),
        "icon": "mdi:human-cane",
        **_ALWAYS,
    }
    triggers: dict[str, Component] = {
        f"on_{kind}": {
            "p": "device_automation",
            "automation_type": "trigger",
            "type": "detected",
            "subtype": kind,
            "topic": topics.EVENT.of(clip_id),
            "value_template": "{{ value_json.event_type }}",
            "payload": kind,
        }
        for kind in TRIGGERS
    }
    return {"event": event, **triggers}


def _controls(clip_id: str) -> dict[str, Component]:
    return {
        "buzz": {
            "p": "button",
            "name": "Find it by a buzz",
            "device_class": "identify",
            "command_topic": topics.command_topic(clip_id, "buzz"),
            "command_template": f"{{{_STAMP}}}",
            "entity_category": "config",
        },
        "stop": {
            "p": "button",
            "name": "Stop the walk",
            "command_topic": topics.command_topic(clip_id, "stop"),
            "command_template": f'{{{_STAMP}, "body": {{"reason": "Home Assistant"}}}}',
            "icon": "mdi:stop-circle-outline",
        },
        "haptics": {
            "p": "switch",
            "name": "Warning buzz",
            "command_topic": topics.command_topic(clip_id, "haptics"),
            "command_template": f'{{{_STAMP}, "body": {{"on": {{{{ value }}}}}}}}',
            "payload_on": "true",
            "payload_off": "false",
            "value_template": "{{ 'true' if value_json.haptics else 'false' }}",
            "icon": "mdi:vibrate",
            "entity_category": "config",
        },
    }


def _sensor(name: str, template: str, state_class: str, unit: str, **more: Any) -> Component:
    return {
        "p": "sensor",
        "name": name,
        "value_template": template,
        "state_class": state_class,
        "unit_of_measurement": unit,
        **more,
    }


def _duration(name: str, key: str, state_class: str = "total_increasing") -> Component:
    template = f"{{{{ None if value_json.{key} is none else (value_json.{key} / 60) | round(1) }}}}"
    return _sensor(name, template, state_class, "min", device_class="duration")


def _instant(name: str, key: str) -> Component:
    return {
        "p": "sensor",
        "name": name,
        "value_template": f"{{{{ value_json.{key} }}}}",
        "device_class": "timestamp",
        **_ALWAYS,
    }


def _choice(name: str, template: str, options: tuple[str, ...]) -> Component:
    return {
        "p": "sensor",
        "name": name,
        "value_template": template,
        "device_class": "enum",
        "options": [str(option) for option in options],
    }


def _binary(name: str, device_class: str, condition: str) -> Component:
    return {
        "p": "binary_sensor",
        "name": name,
        "device_class": device_class,
        "value_template": f"{{{{ 'ON' if {condition} else 'OFF' }}}}",
    }
