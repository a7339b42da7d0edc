import importlib

import pytest

from sternway import __version__
from sternway.cli import COMMANDS, build_parser, main


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help_that_says_what_it_does(name, capsys):
    with pytest.raises(SystemExit) as end:
        main([name, "--help"])
    assert end.value.code == 0
    text = " ".join(capsys.readouterr().out.split())
    assert COMMANDS[name][1:] in text


@pytest.mark.parametrize("name", COMMANDS)
def test_every_option_of_every_command_is_explained(name):
    parser = build_parser([name])._subparsers._group_actions[0].choices[name]
    for action in _actions(parser):
        assert action.help, f"sternway {name}: {action.option_strings or action.dest} has no help"


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_a_room_of_its_own(name):
    room = importlib.import_module(f"sternway.commands.{name}")
    assert callable(room.main)
    assert callable(room.add_arguments)


def test_all_commands_are_listed(capsys):
    with pytest.raises(SystemExit):
        main(["--help"])
    text = " ".join(capsys.readouterr().out.split())
    assert all(name in text for name in COMMANDS)
    assert "Not a medical device" in text


def test_the_version_is_the_packages(capsys):
    with pytest.raises(SystemExit):
        main(["--version"])
    assert __version__ in capsys.readouterr().out


@pytest.mark.parametrize("words", [[], ["walk"], ["replay"]])
def test_wrong_words_are_wrong_use(words, capsys):
    with pytest.raises(SystemExit) as end:
        main(words)
    assert end.value.code == 2
    assert "usage: sternway" in capsys.readouterr().err


def _actions(parser):
    for action in parser._actions:
        if hasattr(action, "choices") and isinstance(action.choices, dict):
            for child in action.choices.values():
                yield from _actions(child)
        else:
            yield action
