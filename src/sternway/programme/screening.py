"""First-run questions: walking backwards is not for everyone. A "no" stops the set-up."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ScreeningQuestion:
    """One question; *yes* is the answer that lets the set-up go on, and ``why`` explains a *no*."""

    name: str
    words: str
    why: str


QUESTIONS: tuple[ScreeningQuestion, ...] = (
    ScreeningQuestion(
        "stands",
        "Can you stand for half a minute without holding on?",
        "Backward walking needs safe standing first.",
    ),
    ScreeningQuestion(
        "walks",
        "Can you walk forward for ten minutes without help?",
        "Build up forward walking before you turn around.",
    ),
    ScreeningQuestion(
        "no_falls",
        "Have you been free of falls for the last six months?",
        "After a fall somebody should look at the cause first.",
    ),
    ScreeningQuestion(
        "not_dizzy",
        "Are you free of dizziness, fainting and trouble with balance?",
        "You cannot see behind you: dizziness or poor balance makes a fall backward likely.",
    ),
    ScreeningQuestion(
        "healed",
        "Is it more than three months since any operation on your legs, hips or back?",
        "After an operation your surgeon or physiotherapist decides what you may do.",
    ),
    ScreeningQuestion(
        "heart",
        "Has nobody told you to avoid exercise (heart, lungs, bones, nerves, pregnancy)?",
        "A condition like that needs a professional's word before a new exercise.",
    ),
    ScreeningQuestion(
        "feels_feet",
        "Can you feel the ground well with both feet?",
        "Numb feet do not tell you where you step.",
    ),
)


@dataclass(frozen=True, slots=True)
class Screening:
    """The outcome: whether the set-up may go on, and in words why not."""

    passed: bool
    override: bool
    words: str

    @property
    def may_go_on(self) -> bool:
        """Whether the set-up may go on, by the answers or by a recorded override."""
        return self.passed or self.override


def screen(answers: Mapping[str, bool], override: bool = False) -> Screening:
    """Return what ``answers`` (name -> yes) mean; a question without an answer counts as *no*.

    >>> screen({question.name: True for question in QUESTIONS}).passed
    True
    """
    against = [question for question in QUESTIONS if not answers.get(question.name, False)]
    if not against:
        return Screening(True, False, "Nothing here speaks against starting slowly.")
    why = " ".join(question.why for question in against)
    if override:
        return Screening(False, True, f"{why} You chose to go on all the same; this is written down.")
    return Screening(False, False, f"{why} Please ask a doctor or physiotherapist before you start.")
