"""What the plan says today: where the person is on it, the move it makes, and the walk it asks for."""

import datetime
from dataclasses import dataclass, replace

from sternway.programme.history import Day, History
from sternway.programme.plan import Plan
from sternway.programme.rules import Evidence, Move, hurt_too_much, judge
from sternway.wire.journal import DecisionEntry, PlanPosition
from sternway.wire.plan import SUPPORTS, WalkPlan


@dataclass(frozen=True, slots=True)
class Position:
    """Where a person is on the plan: ``step`` of its ladder since ``moved_on``.

    The first ``answered_walk_count`` walks of that day came before the move, which was its answer to them.
    """

    step: int
    moved_on: Day
    answered_walk_count: int = 0

    def written(self) -> PlanPosition:
        """Return the position as the journal holds it."""
        return PlanPosition(
            step=self.step, moved_on=self.moved_on.isoformat(), answered_walk_count=self.answered_walk_count
        )


def position_from(written: PlanPosition) -> Position:
    """Return the position that the journal holds."""
    return Position(written.step, Day.fromisoformat(written.moved_on), written.answered_walk_count)


@dataclass(frozen=True, slots=True)
class Decision:
    """What the plan says today: the move with its ``reasons`` in words, the new position, and the walk it asks for.

    ``walk`` is what a walk today would be (``None`` during a planned pause); ``walk_today`` whether the plan proposes
    one, for which ``day_words`` gives the reason.
    """

    move: Move
    reasons: tuple[str, ...]
    position: Position
    walk: WalkPlan | None
    walk_today: bool
    day_words: str

    @property
    def entry(self) -> DecisionEntry:
        """Return the decision as the journal holds it."""
        return DecisionEntry(position=self.position.written(), move=self.move.value, reasons=self.reasons)


def decide(plan: Plan, position: Position, history: History, today: Day) -> Decision:
    """Return what ``plan`` says on ``today``; keep the decision's position for the next time.

    Asked again with the position it gave and nothing new, it makes no second move.
    """
    ladder = plan.ladder()
    position = replace(position, step=min(position.step, len(ladder) - 1))
    move, reasons = judge(_evidence(position, history, today, plan.days_per_week, at_top=_top(plan, position)))
    after = _moved(position, move, history, today)
    if move is Move.PAUSE:
        return Decision(move, reasons, after, None, False, reasons[0])
    minutes = _minutes_words(move, ladder[position.step].minutes, ladder[after.step].minutes)
    support, _ = suggest_support(plan.support, history)
    walk = plan.walk(after.step, f"{minutes} {' '.join(reasons)}", _test_due(plan, history, today), support)
    return Decision(move, reasons, after, walk, *_walking_day(plan, history, today))


def on_changed_plan(position: Position, before: Plan, after: Plan) -> tuple[Position, str]:
    """Return the place on ``after``, which replaces ``before``, and in words what it means for the minutes.

    It is the highest step that asks for no more minutes than until now; among equal ones the nearest by number. The
    beginning of a plan stays the beginning.
    """
    old_steps, steps = before.ladder(), after.ladder()
    minutes = old_steps[min(position.step, len(old_steps) - 1)].minutes
    within = [number for number, week in enumerate(steps) if week.minutes <= minutes + 1e-9]
    nearest = max(within, key=lambda number: (steps[number].minutes, -abs(number - position.step)), default=0)
    step = nearest if position.step > 0 else 0
    return replace(position, step=step), _change_words(minutes, steps[step].minutes)


def _change_words(before_min: float, after_min: float) -> str:
    if after_min > before_min:
        return f"It begins at {after_min:g} minutes, more than your {before_min:g} until now."
    return _minutes_words(Move.HOLD, before_min, after_min)


def _top(plan: Plan, position: Position) -> bool:
    return position.step >= len(plan.ladder()) - 1


def _evidence(position: Position, history: History, today: Day, days_per_week: int, at_top: bool) -> Evidence:
    walks = tuple(walk for walk in history.walks if walk.day <= today)
    last_two = walks[-2:]
    since = tuple(walk for walk in walks if walk.day >= position.moved_on)
    pause = history.pause_on(today)
    active = max([position.moved_on, *(walk.day for walk in walks)])
    return Evidence(
        last_two=last_two,
        mornings=tuple(history.next_morning(walk, today) for walk in last_two),
        new=since[position.answered_walk_count :],
        walks_needed=max(1, days_per_week - 1),
        days_since_move=(today - position.moved_on).days,
        idle_days=history.idle_days(active, today),
        at_top=at_top,
        paused=f"Planned pause ({pause.why}) until {pause.end:%-d %B %Y}" if pause else None,
    )


def _moved(position: Position, move: Move, history: History, today: Day) -> Position:
    answered_walk_count = sum(walk.day == today for walk in history.walks)
    if move is Move.PROGRESS:
        return Position(position.step + 1, today, answered_walk_count)
    if move is Move.BACK:
        return Position(max(0, position.step - 1), today, answered_walk_count)
    return position


def _minutes_words(move: Move, before_min: float, after_min: float) -> str:
    if before_min != after_min:
        return f"From {before_min:g} to {after_min:g} minutes."
    return f"Stay at {after_min:g} minutes{', the least of your plan' if move is Move.BACK else ''}."


def _walking_day(plan: Plan, history: History, today: Day) -> tuple[bool, str]:
    """Return whether to walk today: up to the days of the week, not on two days running where that fits."""
    monday, yesterday = today - datetime.timedelta(days=today.weekday()), today - datetime.timedelta(days=1)
    days = {walk.day for walk in history.walks if walk.day <= today}
    done = sum(day >= monday for day in days)
    if today in days:
        return False, "You have walked today."
    if done >= plan.days_per_week:
        return False, f"Rest: {done} walks this week, as planned."
    if plan.days_per_week <= 3 and yesterday in days:
        return False, "Rest: you walked yesterday."
    return True, f"Walk {done + 1} of {plan.days_per_week} this week."


def _test_due(plan: Plan, history: History, today: Day) -> bool:
    """Return whether the walk test is due: after the first two walks, then every so many weeks."""
    if plan.walk_test_every_weeks == 0 or len(history.walks) < 2:
        return False
    last = max(history.walk_test_days, default=None)
    return last is None or (today - last).days >= 7 * plan.walk_test_every_weeks


SUPPORT_WALKS = 6
"""Steady walks in a row that earn less support: two weeks of the default plan."""


def suggest_support(current: str, history: History) -> tuple[str, str]:
    """Return the support to use next and why: more at once where it is needed, less only when it is earned.

    The walker goes on from the support of the last walk; ``current`` is the plan's, for the first one.
    """
    walks = history.walks[-SUPPORT_WALKS:]
    levels = [SUPPORTS.index(walk.support if walk.support in SUPPORTS else current) for walk in walks]
    level = levels[-1] if walks else SUPPORTS.index(current)
    unsafe_levels = [
        used
        for walk, used in zip(walks[-2:], levels[-2:], strict=True)
        if walk.stumble_count or walk.fall_count or walk.level == "high"
    ]
    if unsafe_levels:
        more = max(0, min(unsafe_levels) - 1)
        return SUPPORTS[min(level, more)], "A stumble, a fall or clear unsteadiness in the last two walks."
    earned = [w for w in walks if w.support == SUPPORTS[level] and w.level == "steady" and not w.stumble_count]
    mornings = [(walk, history.next_morning(walk)) for walk in walks]
    calm = all(pain is not None and not hurt_too_much(walk, pain) for walk, pain in mornings)
    if len(earned) == SUPPORT_WALKS and calm and level + 1 < len(SUPPORTS):
        return SUPPORTS[level + 1], f"{SUPPORT_WALKS} steady walks in a row with {SUPPORTS[level]}, with little pain."
    return SUPPORTS[level], "Keep the support you have."
