"""When the plan goes on, holds or steps back: one table of rules with their words."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from sternway.programme.history import WalkDone

PAIN_LIMIT = 3
"""Next-morning pain of 10 up to which the plan may go on."""

PAIN_BACK = 6
"""Next-morning pain from which one such morning steps the plan back; between the two it takes two in a row."""

PAIN_RISE = 2
"""How much more pain next morning than before the walk is too much: about the least that patients call a change."""

MOVE_DAYS = 7
"""The plan goes on at most once in so many days."""

ABSENT_DAYS = 14
"""Days without a walk, and without a planned pause, after which the plan starts again one step lower."""


class Move(StrEnum):
    """What the plan does."""

    PROGRESS = "progress"
    HOLD = "hold"
    BACK = "back"
    PAUSE = "pause"


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the rules look at.

    ``last_two`` are the last two walks and ``mornings`` the pain after each (``None``: not answered); ``new`` are the
    walks since the plan moved last: only they can move it back. ``walks_needed`` complete ones let it go on.
    """

    last_two: tuple[WalkDone, ...]
    mornings: tuple[int | None, ...]
    new: tuple[WalkDone, ...]
    walks_needed: int
    days_since_move: int
    idle_days: int
    at_top: bool
    paused: str | None

    @property
    def morning(self) -> int | None:
        """Return the pain on the morning after the last walk."""
        return self.mornings[-1] if self.mornings else None

    @property
    def worst_morning(self) -> int | None:
        """Return the worse of the two mornings."""
        return max((pain for pain in self.mornings if pain is not None), default=None)

    @property
    def hurt(self) -> tuple[bool, ...]:
        """Return for each of the last two walks whether its next morning hurt too much."""
        return tuple(hurt_too_much(walk, pain) for walk, pain in zip(self.last_two, self.mornings, strict=True))

    @property
    def worse(self) -> tuple[bool, ...]:
        """Return for each of the last two walks whether it was less steady than the walker's own baseline."""
        return tuple(walk.level in ("raised", "high") for walk in self.last_two)

    @property
    def stumbles(self) -> int:
        """Return the stumbles in the last two walks."""
        return sum(walk.stumble_count for walk in self.last_two)

    @property
    def new_stumbles(self) -> int:
        """Return those of them that the plan has not answered yet."""
        return sum(walk.stumble_count for walk in self.new[-2:])

    @property
    def both_new(self) -> bool:
        """Return whether the plan has answered neither of the last two walks yet."""
        return len(self.new) >= 2

    @property
    def complete(self) -> int:
        """Return the complete walks since the plan moved last."""
        return sum(walk.complete for walk in self.new)

    @property
    def steady_words(self) -> str:
        """Return what is known of the steadiness of the last two walks."""
        unknown = all(walk.level == "unknown" for walk in self.last_two)
        return "steadiness still learning" if unknown else "as steady as your usual"


def hurt_too_much(walk: WalkDone, morning: int | None) -> bool:
    """Return whether the morning after ``walk`` hurt more than the plan allows; not answered is not known."""
    if morning is None:
        return False
    rose = walk.pain_before is not None and morning >= walk.pain_before + PAIN_RISE
    return morning > PAIN_LIMIT or rose


@dataclass(frozen=True, slots=True)
class Rule:
    """One line of the table: where ``holds`` is true the plan makes ``move`` and says ``words``, ``e`` filled in."""

    name: str
    move: Move
    holds: Callable[[Evidence], bool]
    words: str


# The first rule that holds decides the move; every rule of that move that holds is said. Their origin: "progression
# only if next-day pain <= 3/10, no stumble in the last two sessions, stability not worse than own baseline; otherwise
# hold or step back one, and say why."
RULES: tuple[Rule, ...] = (
    Rule("pause", Move.PAUSE, lambda e: e.paused is not None, "{e.paused}: the plan waits for you."),
    Rule(
        "fall",
        Move.BACK,
        lambda e: any(walk.fall_count for walk in e.new),
        "A fall was noticed. Ask a professional before you go on.",
    ),
    Rule(
        "pain_high",
        Move.BACK,
        lambda e: bool(e.new) and (e.morning or 0) >= PAIN_BACK,
        "Pain next morning was {e.morning}/10.",
    ),
    Rule(
        "pain_twice",
        Move.BACK,
        lambda e: e.both_new and e.hurt == (True, True),
        "The next morning hurt too much after both of the last two walks.",
    ),
    Rule(
        "stumbles",
        Move.BACK,
        lambda e: e.new_stumbles >= 2,
        "{e.new_stumbles} stumbles in the last two walks.",
    ),
    Rule(
        "unsteady_twice",
        Move.BACK,
        lambda e: e.both_new and e.worse == (True, True),
        "Less steady than your usual in both of the last two walks.",
    ),
    Rule(
        "absent",
        Move.BACK,
        lambda e: e.idle_days >= ABSENT_DAYS,
        "{e.idle_days} days without a walk: begin again a little lower.",
    ),
    Rule("pain", Move.HOLD, lambda e: any(e.hurt), "Pain the morning after a walk was {e.worst_morning}/10."),
    Rule(
        "pain_unknown",
        Move.HOLD,
        lambda e: bool(e.last_two) and e.morning is None,
        "Pain on the morning after the last walk is not answered yet.",
    ),
    Rule(
        "pain_missed",
        Move.HOLD,
        lambda e: None in e.mornings[:-1],
        "Pain on the morning after the walk before the last was not answered.",
    ),
    Rule("stumble", Move.HOLD, lambda e: e.stumbles > 0, "A stumble in the last two walks."),
    Rule("fell", Move.HOLD, lambda e: any(walk.fall_count for walk in e.last_two), "A fall in the last two walks."),
    Rule("unsteady", Move.HOLD, lambda e: any(e.worse), "Less steady than your usual in one of the last two walks."),
    Rule(
        "stopped",
        Move.HOLD,
        lambda e: bool(e.last_two) and e.last_two[-1].stopped,
        "The last walk was stopped early.",
    ),
    Rule(
        "few",
        Move.HOLD,
        lambda e: e.complete < e.walks_needed,
        "{e.complete} of {e.walks_needed} complete walks at these minutes so far.",
    ),
    Rule("soon", Move.HOLD, lambda e: e.days_since_move < MOVE_DAYS, "The plan goes on at most once a week."),
    Rule("top", Move.HOLD, lambda e: e.at_top, "You are at the top of your plan."),
    Rule(
        "go_on",
        Move.PROGRESS,
        lambda _: True,
        "Pain next morning {e.morning}/10, no stumble in the last two walks, {e.steady_words}.",
    ),
)


def judge(evidence: Evidence) -> tuple[Move, tuple[str, ...]]:
    """Return the move that the rules make of ``evidence``, and every reason for it in words."""
    holding = [rule for rule in RULES if rule.holds(evidence)]
    move = holding[0].move
    return move, tuple(rule.words.format(e=evidence) for rule in holding if rule.move is move)
