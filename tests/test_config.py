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
    ],
)
def test_a_wrong_setting_says_what_to_mend(text, message):
    with pytest.raises(ConfigError, match=message):
        parse_settings(text)


def test_a_missing_file_says_how_to_make_one(tmp_path):
    with pytest.raises(ConfigError, match="sternway config"):
        load_settings(tmp_path / "none.toml")
