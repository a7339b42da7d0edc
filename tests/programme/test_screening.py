import pytest

from sternway.programme.screening import QUESTIONS, screen

YES = {question.name: True for question in QUESTIONS}


def test_all_yes_may_start():
    assert screen(YES).may_go_on


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda question: question.name)
def test_any_no_stops_with_its_own_explanation_and_an_override_is_on_record(question):
    outcome = screen(YES | {question.name: False})
    assert not outcome.may_go_on
    assert question.why in outcome.words
    assert "doctor or physiotherapist" in outcome.words
    overridden = screen(YES | {question.name: False}, override=True)
    assert (overridden.may_go_on, overridden.passed, overridden.override) == (True, False, True)
    assert "written down" in overridden.words


def test_no_answer_counts_as_no():
    assert not screen({}).may_go_on
