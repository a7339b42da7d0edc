import datetime
import json

import pytest

from sternway.cli import main
from sternway.notebook import Notebook
from sternway.wire.journal import EntryKind

YES = ("stands=yes", "walks=Yes", "no_falls=YES", "healed=y", "heart=Y", "feels_feet=yes")
"""Answers to all first-run questions but ``not_dizzy``."""


@pytest.fixture
def run(tmp_path, capsys):
    """Run a command on a notebook of its own; return (status, what it printed)."""

    def run(*words):
        status = main([words[0], "--folder", str(tmp_path / "programme"), *words[1:]])
        out, err = capsys.readouterr()
        return status, out + err

    return run


@pytest.mark.parametrize("profile", ["steady", "flare", "stumbles"])
def test_six_weeks_are_simulated_day_by_day_with_reasons(run, profile):
    status, text = run("plan", "--simulate", "--weeks", "6", "--profile", profile)
    days = [line for line in text.splitlines() if line.startswith("  ")]
    assert (status, len(days), text.count("Week ")) == (0, 42, 6)
    assert all("Stay at" in line or "From" in line or "pause" in line for line in days)
    _, plain = run("plan", "--simulate", "--profile", profile, "--json")
    assert len(json.loads(plain)) == 42


def test_the_plan_is_shown_set_loaded_and_printed(run, tmp_path):
    assert "5 minutes backward: 5 x 1" in run("plan")[1]
    assert run("plan", "set", "cap_min=25", "support=rail")[0] == 0
    assert "support: rail" in run("plan")[1]
    own = tmp_path / "own.toml"
    own.write_text(run("plan", "print")[1].replace("cap_min = 25.0", "cap_min = 12"))
    loaded = "The plan 'default' is in use: 5, 7, 10, 12 minutes backward. Stay at 5 minutes.\n"
    assert run("plan", "load", str(own)) == (0, loaded)
    assert json.loads(run("plan", "print", "--json")[1])["cap_min"] == 12.0
    assert json.loads(run("plan", "--json")[1])["walk"]["minutes"] == 5.0


def test_a_changed_plan_goes_on_at_the_step_that_asks_for_no_more_than_before(run, tmp_path):
    notebook = Notebook(tmp_path / "programme")
    decided = {"position": {"step": 3, "moved_on": "2026-05-01"}, "move": "progress", "reasons": ["so far"]}
    notebook.add(EntryKind.DECISION, decided, datetime.date(2026, 5, 1), "2026-05-01T09:00:00+02:00")
    own = tmp_path / "own.toml"
    own.write_text("[[weeks]]\nstretches = 5\nstretch_min = 2.0\n[[weeks]]\nstretches = 5\nstretch_min = 3.0\n")
    assert "From 12 to 10 minutes." in run("plan", "load", str(own))[1]
    assert notebook.position(datetime.date(2026, 5, 2)).step == 0
    assert "changed: From 12 to 10 minutes." in run("journal")[1]


def test_a_plan_that_cannot_be_read_is_replaced_and_the_step_kept(run, tmp_path):
    own = tmp_path / "own.toml"
    own.write_text(run("plan", "print")[1])
    run("plan", "load", str(own))
    (tmp_path / "programme/plan.toml").write_text("cap_min = 'x'")
    assert run("plan", "load", str(own))[0] == 0


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("set", "cap_mni=25"), "unknown key cap_mni; did you mean cap_min?"),
        (("set", "cap_min"), "write name=value, such as value=3, not 'cap_min'"),
        (("set",), "write name=value"),
        (("load", "nowhere.toml"), "nowhere.toml: cannot be read"),
        (("load",), "name one TOML file to load"),
        (("pause", "2026-05-01"), "say the first and the last day"),
        (("pause", "2026-05-09", "2026-05-01"), "ends (2026-05-01) before it starts"),
    ],
)
def test_a_plan_that_cannot_be_says_what_to_do(run, words, message):
    status, text = run("plan", *words)
    assert status == 1
    assert message in text


def test_a_pause_stops_the_asking(run):
    assert run("plan", "pause", "2000-01-01", "2999-01-01", "--why", "flare")[0] == 0
    assert "Planned pause (flare) until 1 January 2999: the plan waits for you." in run("plan")[1]


def test_the_journal_is_written_listed_corrected_and_withdrawn(run):
    assert "The journal is empty" in run("journal")[1]
    entry = json.loads(run("journal", "add", "pain", "value=3", "when=after", "place=left knee", "--json")[1])
    assert entry["body"] == {"value": 3, "when": "after", "place": "left knee"}
    assert "value 3, when after, place left knee" in run("journal")[1]
    corrected = json.loads(run("journal", "correct", entry["entry_id"], "value=4", "--json")[1])
    assert corrected["body"] == {"value": 4, "when": "after", "place": "left knee"}
    assert [e["body"]["value"] for e in json.loads(run("journal", "--json")[1])] == [4]
    assert run("journal", "withdraw", corrected["entry_id"][:6])[0] == 0
    assert json.loads(run("journal", "--json")[1]) == []


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("add",), "say what to add: check, pain, effort"),
        (("add", "walk", "report=1"), "say what to add"),
        (("add", "pain", "value=12", "when=after"), "pain.value must be between 0 and 10, not 12"),
        (("add", "pain", "value=much", "when=after"), "pain.value must be a whole number, not 'much'"),
        (("correct", "zzz", "value=1"), "no entries begin with 'zzz'"),
        (("withdraw",), "say the id of the entry"),
        (("screening", "legs=yes"), "no question is called 'legs'"),
        (("screening",), "there is no terminal to ask at; write yes or no for each: stands=yes walks=yes"),
        (("screening", "stands=yes"), "there is no terminal to ask at"),
        (("screening", *YES, "not_dizzy=maybe"), "answer not_dizzy with yes or no, not 'maybe'"),
    ],
)
def test_a_wrong_entry_says_what_to_do(run, words, message):
    status, text = run("journal", *words)
    assert status == 1
    assert message in text


def test_screening_stops_at_a_no_and_an_override_is_on_record(run, monkeypatch):
    status, text = run("journal", "screening", *YES, "not_dizzy=No")
    assert status == 1
    assert "dizziness" in text
    assert run("journal", "screening", *YES, "not_dizzy=no", "--override")[0] == 0
    monkeypatch.setattr("sys.stdin.isatty", lambda: True)
    monkeypatch.setattr("builtins.input", lambda _: "yes")
    assert run("journal", "screening", *YES)[0] == 0
    kept = [line.split()[-1] for line in run("journal")[1].splitlines()]
    assert kept == ["stopped", "overridden", "passed"]


def test_screening_without_answers_asks_all_seven_questions_one_by_one(run, monkeypatch):
    asked = []
    monkeypatch.setattr("sys.stdin.isatty", lambda: True)
    monkeypatch.setattr("builtins.input", lambda words: asked.append(words) or "yes")
    status, text = run("journal", "screening")
    assert (status, len(asked)) == (0, 7)
    assert asked[0] == "Can you stand for half a minute without holding on? (yes/no) "
    assert "Nothing here speaks against starting slowly." in text
    assert run("journal")[1].split()[-1] == "passed"


def test_screening_asks_again_until_it_is_yes_or_no(run, monkeypatch):
    said = iter(["perhaps", " Yes "])
    monkeypatch.setattr("sys.stdin.isatty", lambda: True)
    monkeypatch.setattr("builtins.input", lambda _: next(said))
    status, text = run("journal", "screening", *YES)
    assert status == 0
    assert "Please answer yes or no." in text
