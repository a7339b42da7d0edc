import dataclasses
import tomllib

import pytest

from sternway.commands.config import commented
from sternway.config import Settings, load_settings, parse_settings
from sternway.errors import ConfigError


def test_printed_defaults_read_back_as_the_defaults():
    assert parse_settings(commented(Settings())) == Settings()


def test_every_setting_is_printed():
    tables = tomllib.loads(commented(Settings()))
    assert tables == dataclasses.asdict(Settings())


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[borker]\nhost = 'x'", "unknown key borker; did you mean broker?"),
        ("[broker]\nhots = 'x'", "unknown key broker.hots; did you mean broker.host?"),
        ("[broker]\nport = 'x'", "broker.port must be a whole number, not 'x'"),
        ("[broker]\nport = true", "broker.port must be a whole number, not True"),
        ("broker = 1", r"broker must be a table: write \[broker\]"),
        ("[broker", "not valid TOML"),
        ("[broker]\nport = 99999", "broker.port must be between 1 and 65_535, not 99_999"),
        ("[sensor]\naddress = 300", "sensor.address must be between 0 and 119, not 300"),
        ("[pins]\nmotor = -4", "pins.motor must be between 0 and 27, not -4"),
        ("[haptics]\noverdrive_s = -1", r"haptics.overdrive_s must be between 0.0 and 1.0, not -1.0"),
        ("[haptics]\nhold = nan", r"haptics.hold must be between 0.0 and 1.0, not nan"),
        ("[outbox]\nmax_bytes = 0", "outbox.max_bytes must be between 1_000_000 and 2_000_000_000_000, not 0"),
        ("[outbox]\nresend_s = 0", r"outbox.resend_s must be between 1.0 and 600.0, not 0.0"),
    ],
)
def test_a_wrong_setting_says_what_to_mend(text, message):
    with pytest.raises(ConfigError, match=message):
        parse_settings(text)


NUMBERS = [
    pytest.param(part.name, key, id=f"{part.name}.{key.name}")
    for part in dataclasses.fields(Settings)
    for key in dataclasses.fields(part.type)
    if key.type in (int, float)
]


@pytest.mark.parametrize(("part", "key"), NUMBERS)
def test_every_number_has_a_range_whose_ends_and_default_are_within(part, key):
    least, most = key.metadata["range"]
    for value in (least, key.default, most):
        assert getattr(getattr(parse_settings(f"[{part}]\n{key.name} = {value}"), part), key.name) == value
    for value in (least - 1, most + 1):
        with pytest.raises(ConfigError, match=f"^{part}.{key.name} must be between"):
            parse_settings(f"[{part}]\n{key.name} = {value}")


def test_a_missing_file_says_how_to_make_one(tmp_path):
    with pytest.raises(ConfigError, match="sternway config"):
        load_settings(tmp_path / "none.toml")
