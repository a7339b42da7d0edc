"""What can be opened in the browser? One file a page, and one table of all of them."""

from collections.abc import Callable
from dataclasses import dataclass

from starlette.responses import Response

from sternway.dashboard.web.pages import clips, data, entrance, now, programme, progress, today, walks
from sternway.dashboard.web.request_context import Access, Visit


@dataclass(frozen=True, slots=True)
class Page:
    """One address: what answers it, who may ask, and whether it changes something."""

    path: str
    function: Callable[[Visit], Response]
    access: Access = Access.VIEWER
    is_post: bool = False


def _change(path: str, function: Callable[[Visit], Response], access: Access = Access.OWNER) -> Page:
    return Page(path, function, access, is_post=True)


PAGES = (
    Page("/setup", entrance.setup, Access.OPEN),
    _change("/setup", entrance.set_up, Access.OPEN),
    Page("/login", entrance.login, Access.OPEN),
    _change("/login", entrance.log_in, Access.OPEN),
    Page("/join/{code}", entrance.invitation, Access.OPEN),
    _change("/join/{code}", entrance.join, Access.OPEN),
    _change("/logout", entrance.log_out, Access.VIEWER),
    _change("/look-at", entrance.look_at, Access.VIEWER),
    Page("/more", entrance.more),
    Page("/", now.show),
    Page("/stopped", now.stopped),
    _change("/command/{name}", now.command),
    Page("/today", today.show),
    _change("/today/check", today.check),
    _change("/today/pain", today.pain),
    _change("/today/effort", today.effort),
    _change("/today/note", today.remark),
    _change("/today/withdraw/{entry_id}", today.withdraw),
    Page("/walks", walks.show),
    Page("/walks/{walk_id}", walks.one),
    Page("/events/{event_id}", walks.event),
    _change("/events/{event_id}/label", walks.label),
    Page("/progress", progress.show),
    Page("/progress/print", progress.printed),
    Page("/programme", programme.show),
    _change("/programme/plan", programme.save),
    _change("/programme/activity", programme.activity),
    _change("/programme/pause", programme.pause),
    Page("/programme/screening", programme.screening),
    _change("/programme/screening", programme.screened),
    Page("/clips", clips.show),
    _change("/clips/pair", clips.pair),
    _change("/clips/{clip_id}/name", clips.rename),
    _change("/clips/{clip_id}/forget", clips.forget),
    Page("/data", data.show),
    _change("/data/invite", data.invite),
    _change("/data/people/{person_id}/remove", data.remove),
    Page("/data/export/{name}", data.export),
    _change("/data/backup", data.back_up),
    _change("/data/delete", data.delete),
)
