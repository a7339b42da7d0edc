"""Settings from TOML: one frozen dataclass a part; an unknown key is an error that names the nearest key."""

import dataclasses
import difflib
import tomllib
import types
import typing
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from sternway.errors import ConfigError

T = TypeVar("T")

SETTINGS_FILE = Path("/etc/sternway/sternway.toml")


@dataclass(frozen=True, slots=True)
class ClipSettings:
    """The clip itself: ``id`` is its name on MQTT, ``state_dir`` where it keeps what must last."""

    id: str = "clip-1"
    state_dir: str = "/var/lib/sternway"


@dataclass(frozen=True, slots=True)
class SensorSettings:
    """The inertial sensor: I2C ``bus`` number and ``address`` (0 looks at all known ones)."""

    bus: int = 1
    address: int = 0


@dataclass(frozen=True, slots=True)
class PinSettings:
    """GPIO numbers (BCM); 0 means not wired. ``motor_reverse`` is the second input of an H-bridge."""

    motor: int = 18
    motor_reverse: int = 0
    button: int = 17
    led: int = 27


@dataclass(frozen=True, slots=True)
class HapticsSettings:
    """The motor: whether it may buzz, for how long it is driven at full level, and the level that then holds it."""

    enabled: bool = True
    overdrive_s: float = 0.06
    hold: float = 0.65


@dataclass(frozen=True, slots=True)
class BrokerSettings:
    """The MQTT broker; an empty ``host`` publishes nothing. ``local_name`` is tried when ``host`` does not answer.

    ``fingerprint`` pins a certificate (SHA-256, hex). ``discovery_prefix`` is Home Assistant's; empty is silent.
    """

    host: str = ""
    local_name: str = ""
    port: int = 8883
    tls: bool = True
    ca_file: str = ""
    fingerprint: str = ""
    user: str = ""
    password_file: str = ""
    certificate_file: str = ""
    key_file: str = ""
    discovery_prefix: str = "homeassistant"


@dataclass(frozen=True, slots=True)
class OutboxSettings:
    """The durable outbox: its largest size and how often unacknowledged records are sent again."""

    max_bytes: int = 64_000_000
    resend_s: float = 30.0


@dataclass(frozen=True, slots=True)
class RecordingSettings:
    """Raw recordings of whole walks on the clip: off unless asked for."""

    enabled: bool = False
    directory: str = "/var/lib/sternway/recordings"
    max_bytes: int = 2_000_000_000


@dataclass(frozen=True, slots=True)
class DashboardSettings:
    """The dashboard on the home server. ``database`` is a SQLAlchemy URL; empty means SQLite in ``state_dir``.

    ``public_url`` is how phones reach it behind a reverse proxy. Raw motion around events is kept ``trace_days``.
    ``pairing_dir`` is where ``sternway pair`` keeps the broker's users.
    """

    host: str = "127.0.0.1"
    port: int = 8377
    state_dir: str = "/var/lib/sternway-dashboard"
    database: str = ""
    public_url: str = ""
    certificate_file: str = ""
    key_file: str = ""
    trace_days: int = 365
    pairing_dir: str = "/etc/mosquitto/sternway"


@dataclass(frozen=True, slots=True)
class Settings:
    """All settings of the clip and of the dashboard, one part a table of the TOML file."""

    clip: ClipSettings = ClipSettings()
    sensor: SensorSettings = SensorSettings()
    pins: PinSettings = PinSettings()
    haptics: HapticsSettings = HapticsSettings()
    broker: BrokerSettings = BrokerSettings()
    outbox: OutboxSettings = OutboxSettings()
    recording: RecordingSettings = RecordingSettings()
    dashboard: DashboardSettings = DashboardSettings()


def chosen_settings(path: Path | None) -> Settings:
    """Return the settings of ``path``, of the system's file where there is one, or the defaults."""
    if path is None and SETTINGS_FILE.exists():
        path = SETTINGS_FILE
    return load_settings(path) if path else Settings()


def load_settings(path: Path) -> Settings:
    """Read settings from a TOML file; raise :class:`ConfigError` that says what to mend."""
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise ConfigError(
            f"{path}: cannot be read ({error.strerror}); `sternway config` prints one to start from"
        ) from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}: is not UTF-8 text") from error
    try:
        return parse_settings(text)
    except ConfigError as error:
        raise ConfigError(f"{path}: {error}") from error


def parse_settings(text: str) -> Settings:
    """Read settings from TOML text.

    >>> parse_settings("[broker]\\nhost = 'home.local'").broker.host
    'home.local'
    >>> parse_settings("[broker]\\nhots = 'x'")
    Traceback (most recent call last):
        ...
    sternway.errors.ConfigError: unknown key broker.hots; did you mean broker.host?
    """
    try:
        tables = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"not valid TOML: {error}") from error
    return build(Settings, tables, "")


def build(kind: type[T], values: Mapping[str, Any], where: str) -> T:
    """Build the frozen dataclass ``kind`` from plain ``values``; ``where`` is the dotted path for messages."""
    hints = typing.get_type_hints(kind)
    chosen: dict[str, Any] = {}
    for key, value in values.items():
        path = f"{where}{key}"
        if key not in hints:
            raise ConfigError(f"unknown key {path}{_nearest(key, hints, where)}")
        chosen[key] = _convert(hints[key], value, path)
    return kind(**chosen)


def _nearest(key: str, hints: Mapping[str, Any], where: str) -> str:
    near = difflib.get_close_matches(key, hints, n=1, cutoff=0.5)
    return f"; did you mean {where}{near[0]}?" if near else f"; known keys: {', '.join(sorted(hints))}"


def _convert(hint: Any, value: Any, path: str) -> Any:
    if dataclasses.is_dataclass(hint):
        if not isinstance(value, dict):
            raise ConfigError(f"{path} must be a table: write [{path}]")
        return build(typing.cast(type, hint), value, f"{path}.")
    if hint is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    wanted = typing.get_origin(hint) or hint
    if isinstance(hint, types.UnionType):
        wanted = tuple(typing.get_args(hint))
    if not isinstance(value, wanted) or (isinstance(value, bool) and hint is not bool):
        raise ConfigError(f"{path} must be {_words(hint)}, not {value!r}")
    return value


def _words(hint: Any) -> str:
    names = {str: "text in quotes", int: "a whole number", float: "a number", bool: "true or false"}
    return names.get(hint, str(hint))
