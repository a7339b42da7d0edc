"""Settings from TOML: one frozen dataclass a part; an unknown key is an error that names the nearest key."""

import dataclasses
import difflib
import tomllib
import types
import typing
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from sternway.errors import ConfigError

T = TypeVar("T")
Number = TypeVar("Number", int, float)

SETTINGS_FILE = Path("/etc/sternway/sternway.toml")

_LAST_BUS = 2**20 - 1  # Linux has no device with a higher number
_LAST_ADDRESS = 0x77  # of I2C; those above are reserved
_LAST_PIN = 27  # of a Pi's 40-pin header
_LONGEST_PULSE_S = 1.0  # no buzz has a longer one
_LAST_PORT = 65_535  # of TCP
_FEW_RECORDS_BYTES = 1_000_000  # seven of the largest
_LARGEST_CARD_BYTES = 2_000_000_000_000  # SDXC
_QUICK_ANSWER_S = 1.0  # even a slow home answers sooner
_PATIENCE_S = 600.0  # where nobody answers, the waits between two attempts grow to this
_LONG_WALK_BYTES = 16_000_000  # an hour at 208 Hz and 21 bytes a sample
_CENTURY_DAYS = 36_500


def within(default: Number, least: Number, most: Number) -> Number:
    """Declare a number of a settings class: its default, and the range that a file may set it in."""
    return field(default=default, metadata={"range": (least, most)})


@dataclass(frozen=True, slots=True)
class ClipSettings:
    """The clip itself: ``id`` is its name on MQTT, ``state_dir`` where it keeps what must last."""

    id: str = "clip-1"  #: its name on MQTT: 1 to 32 letters, digits, - or _
    state_dir: str = "/var/lib/sternway"  #: where it keeps what must last


@dataclass(frozen=True, slots=True)
class SensorSettings:
    """The inertial sensor: I2C ``bus`` number and ``address`` (0 looks at all known ones)."""

    bus: int = within(1, 0, _LAST_BUS)  #: N of /dev/i2c-N
    address: int = within(0, 0, _LAST_ADDRESS)  #: 0 looks at all known ones; set it where two sensors answer


@dataclass(frozen=True, slots=True)
class PinSettings:
    """GPIO numbers (BCM); 0 means not wired. ``motor_reverse`` is the second input of an H-bridge."""

    motor: int = within(18, 0, _LAST_PIN)  #: the transistor's gate, or the first input of an H-bridge
    motor_reverse: int = within(0, 0, _LAST_PIN)  #: the second input of an H-bridge, which can brake
    button: int = within(17, 0, _LAST_PIN)  #: the button, to ground
    led: int = within(27, 0, _LAST_PIN)  #: lit while the clip watches


@dataclass(frozen=True, slots=True)
class HapticsSettings:
    """The motor: whether it may buzz, for how long it is driven at full level, and the level that then holds it."""

    enabled: bool = True  #: false: the clip records and publishes, but never buzzes
    #: full level for so long at the start of a pulse, so that the motor turns sooner
    overdrive_s: float = within(0.06, 0.0, _LONGEST_PULSE_S)
    #: the share of full level that then holds it; lower for a motor rated below the supply
    hold: float = within(0.65, 0.0, 1.0)


@dataclass(frozen=True, slots=True)
class BrokerSettings:
    """The MQTT broker; an empty ``host`` publishes nothing. ``local_name`` is tried when ``host`` does not answer.

    ``fingerprint`` pins a certificate (SHA-256, hex). ``discovery_prefix`` is Home Assistant's; empty is silent.
    """

    host: str = ""  #: name or address of the broker; empty publishes nothing
    local_name: str = ""  #: tried when host does not answer, such as home.local
    port: int = within(8883, 1, _LAST_PORT)  #: 8883 with TLS, 1883 without
    tls: bool = True  #: false only for a broker on the same machine
    ca_file: str = ""  #: the CA that vouches for the broker; empty means the system's
    fingerprint: str = ""  #: SHA-256 of the broker's certificate in hex, where there is no CA
    user: str = ""  #: the clip's name at the broker
    password_file: str = ""  #: a file that holds the secret alone; systemd's credentials are used where it is empty
    certificate_file: str = ""  #: a client certificate, for a broker that asks for one
    key_file: str = ""  #: its private key
    discovery_prefix: str = "homeassistant"  #: where Home Assistant looks for devices; empty says nothing to it


@dataclass(frozen=True, slots=True)
class OutboxSettings:
    """The durable outbox: its largest size and how often unacknowledged records are sent again."""

    #: beyond this the oldest traces go, then the oldest records, each leaving a mark
    max_bytes: int = within(64_000_000, _FEW_RECORDS_BYTES, _LARGEST_CARD_BYTES)
    #: how long an acknowledgement may take before records are sent again
    resend_s: float = within(30.0, _QUICK_ANSWER_S, _PATIENCE_S)


@dataclass(frozen=True, slots=True)
class RecordingSettings:
    """Raw recordings of whole walks on the clip: off unless asked for."""

    enabled: bool = False  #: keep the raw motion of whole walks
    directory: str = "/var/lib/sternway/recordings"  #: where
    #: beyond this the oldest walks make room
    max_bytes: int = within(2_000_000_000, _LONG_WALK_BYTES, _LARGEST_CARD_BYTES)


@dataclass(frozen=True, slots=True)
class DashboardSettings:
    """The dashboard on the home server. ``database`` is a SQLAlchemy URL; empty means SQLite in ``state_dir``.

    ``public_url`` is how phones reach it behind a reverse proxy. Raw motion around events is kept ``trace_days``.
    ``pairing_dir`` is where ``sternway pair`` keeps the broker's users.
    """

    host: str = "127.0.0.1"  #: address to listen on; 0.0.0.0 for the whole house
    port: int = within(8377, 1, _LAST_PORT)  #: of the pages
    state_dir: str = "/var/lib/sternway-dashboard"  #: where the store lies
    database: str = ""  #: a SQLAlchemy URL; empty means SQLite in state_dir
    public_url: str = ""  #: how phones reach it, where that is another address
    trusted_proxies: str = ""  #: addresses or networks of reverse proxies in front of it, separated by commas
    certificate_file: str = ""  #: for https without a proxy
    key_file: str = ""  #: its private key
    trace_days: int = within(365, 0, _CENTURY_DAYS)  #: how long raw motion around events is kept
    pairing_dir: str = "/etc/mosquitto/sternway"  #: where sternway pair keeps the broker's users


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
    declared = {part.name: part for part in dataclasses.fields(typing.cast(Any, kind))}
    chosen: dict[str, Any] = {}
    for key, value in values.items():
        path = f"{where}{key}"
        if key not in hints:
            raise ConfigError(f"unknown key {path}{_nearest(key, hints, where)}")
        chosen[key] = _convert(hints[key], value, path)
        _check_range(declared[key], chosen[key], path)
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


def _check_range(part: dataclasses.Field[Any], value: Any, path: str) -> None:
    if "range" not in part.metadata:
        return
    least, most = part.metadata["range"]
    if not least <= value <= most:
        raise ConfigError(f"{path} must be between {least:_} and {most:_}, not {value:_}")


def _words(hint: Any) -> str:
    names = {str: "text in quotes", int: "a whole number", float: "a number", bool: "true or false"}
    return names.get(hint, str(hint))
