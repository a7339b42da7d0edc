"""Now: one verdict, the walk's few numbers, and the buttons of the clip."""

from dataclasses import dataclass

from starlette.responses import Response

from sternway.dashboard.mqtt.ingest import NoAnswerError
from sternway.dashboard.mqtt.live import Live
from sternway.dashboard.programme import home_day, programme_of
from sternway.dashboard.verdict import Sight, Verdict, ago, verdict
from sternway.dashboard.web import words
from sternway.dashboard.web.rendering import minutes, number
from sternway.dashboard.web.request_context import Visit
from sternway.events import Kind
from sternway.programme.journal import PLACES_OF_PAIN
from sternway.records import Phase
from sternway.wire.messages import read_command
from sternway.wire.state import State

FALL_ANSWER_S = 25.0
"""The clip counts down 20 s after a fall; *I'm OK* is offered a little longer than that."""
LATELY_COUNT = 3


@dataclass(frozen=True, slots=True)
class LiveFacts:
    """What *Now* shows: everything in words, so that equal facts mean an equal page."""

    verdict: Verdict
    is_live: bool
    contact: str
    notices: tuple[str, ...]
    figures: tuple[tuple[str, str], ...]
    progress_percent: int | None
    buttons: tuple[str, ...]
    lately: tuple[tuple[str, float], ...]


def show(visit: Visit) -> Response:
    """Show the page."""
    return visit.page("now.html", live=live_facts(visit.rooms.live, visit.clip_id))


def command(visit: Visit) -> Response:
    """Ask the clip to do something, and say what it answered."""
    name = visit.request.path_params["name"]
    back = "/clips" if name in {"buzz", "haptics"} else "/"
    if name not in _SAID or visit.clip is None:
        return visit.go(back, "refused")
    if name == "start" and programme_of(visit.store, visit.clip.id, home_day(visit.store.clock())).refused:
        return visit.go("/programme/screening", "ask_first")
    body = {"on": visit.form.get("on") == "yes"} if name == "haptics" else {}
    unsettled = visit.rooms.live.sight(visit.clip.id).unsettled
    try:
        reply = visit.rooms.ingest.command(visit.clip.id, read_command(name, body))
    except NoAnswerError:
        reply = None
    if name == "ok" and unsettled is not None and unsettled.age_s > FALL_ANSWER_S:
        visit.rooms.live.settle(visit.clip.id)  # the clip asks no longer: a person at the page says that all is well
        return visit.go(back, "ok")
    if reply is None:
        return visit.go(back, "no_answer")
    if name == "stop" and reply.ok:
        return visit.go("/stopped", "stopped")
    return visit.go(back, _SAID[name] if reply.ok else "refused")


def stopped(visit: Visit) -> Response:
    """Ask, after *Stop*, whether it hurts and where, and say what to do then."""
    return visit.page("stopped.html", places=PLACES_OF_PAIN)


_SAID = {
    "start": "started",
    "stop": "stopped",
    "pause": "paused",
    "resume": "resumed",
    "ok": "ok",
    "buzz": "buzzed",
    "haptics": "haptics",
}


def live_facts(live: Live, clip_id: str) -> LiveFacts:
    """Return what is known now of a clip."""
    sight = live.sight(clip_id)
    felt = live.felt_lately(clip_id)[:LATELY_COUNT]
    return LiveFacts(
        verdict=verdict(sight),
        is_live=sight.is_live,
        contact=_contact(sight),
        notices=_notices(sight),
        figures=_figures(sight.state) if sight.state else (),
        progress_percent=_progress_percent(sight),
        buttons=_buttons(sight),
        lately=tuple((words.KINDS[one.kind], one.at_s) for one in felt),
    )


def _contact(sight: Sight) -> str:
    if sight.is_live:
        return "Live"
    if sight.silent_s is None:
        return "Not heard since the dashboard started"
    return f"Last heard {ago(sight.silent_s)}"


def _notices(sight: Sight) -> tuple[str, ...]:
    state = sight.state
    if state is None:
        return ()
    battery = state.battery_percent
    notices = [f"Battery {battery:.0f} %" if battery is not None else "Battery not known"]
    if state.under_voltage:
        notices.append("The power supply is weak")
    if not state.haptics:
        notices.append("Buzzing is switched off: the belt warns nobody")
    return tuple(notices)


def _figures(state: State) -> tuple[tuple[str, str], ...]:
    figures = [
        ("Direction", words.DIRECTIONS[state.direction]),
        ("Backward", minutes(state.backward_s)),
        ("Steps backward", str(state.steps_backward)),
        ("Steps a minute", number(state.cadence_spm)),
    ]
    return (
        (("Part of the walk", words.PHASES[state.phase]), *figures)
        if state.phase is not Phase.READY
        else tuple(figures[1:3])
    )


def _progress_percent(sight: Sight) -> int | None:
    if sight.state is None or sight.state.plan_progress is None or sight.state.phase is Phase.READY:
        return None
    return round(100 * sight.state.plan_progress)


def _buttons(sight: Sight) -> tuple[str, ...]:
    """Return the commands that make sense now; out of touch, everything that is safe to try."""
    happening, state = sight.happening, sight.state
    if state is None:
        return ()
    if happening and happening.kind is Kind.FALL and happening.age_s < FALL_ANSWER_S:
        return ("ok", "stop")
    if sight.unsettled is not None and sight.unsettled.concern.is_fall:
        return ("ok",) if state.phase is Phase.READY else ("ok", "stop")
    if state.phase is Phase.READY:
        return ("start",)
    return ("stop", "resume" if state.phase is Phase.PAUSED else "pause")
