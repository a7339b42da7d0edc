"""Access and data: people, export, backup, and deleting everything."""

import contextlib

from starlette.exceptions import HTTPException
from starlette.responses import Response, StreamingResponse

from sternway.dashboard.mqtt.ingest import NoAnswerError
from sternway.dashboard.store.export import EXPORTS
from sternway.dashboard.store.retention import backup_now, backups_of, delete_everything
from sternway.dashboard.web.auth import Role
from sternway.dashboard.web.pages.clips import picture
from sternway.dashboard.web.request_context import FormError, Visit


def show(visit: Visit) -> Response:
    """Show the page."""
    return _page(visit, link=None)


def invite(visit: Visit) -> Response:
    """Make an invitation and show its link, once."""
    name = visit.text("name", 40, required=True)
    role = Role(visit.choice("role", tuple(Role), Role.VIEWER.value) or Role.VIEWER)
    code = visit.rooms.door.invite(name, role)
    base = visit.rooms.known_address(visit.request.headers.get("host", ""))
    return _page(visit, link=f"{base}/join/{code}", invited=name)


def remove(visit: Visit) -> Response:
    """Take a person's access away."""
    visit.rooms.door.remove(visit.path_number("person_id"))
    return visit.go("/data", "removed")


def export(visit: Visit) -> Response:
    """Give a file with the walker's data."""
    name = visit.request.path_params["name"]
    if name not in EXPORTS:
        raise HTTPException(404)
    media_type, _, lines = EXPORTS[name]
    headers = {"content-disposition": f'attachment; filename="sternway-{name}"'}
    return StreamingResponse(lines(visit.store, visit.clip_id), media_type=media_type, headers=headers)


def back_up(visit: Visit) -> Response:
    """Write a copy of the store on the server."""
    if visit.store.path is None:
        raise FormError("This store is not an SQLite file: use the tools of its database for backups.")
    backup_now(visit.store, visit.store.path)
    return visit.go("/data", "backed_up")


def delete(visit: Visit) -> Response:
    """Delete everything, once the word was typed."""
    if visit.text("word", 20).lower() != "delete":
        raise FormError("Nothing was deleted: please type the word delete.")
    delete_everything(visit.store)
    for clip in visit.clips:
        visit.rooms.live.forget(clip.id)
        with contextlib.suppress(NoAnswerError):
            visit.rooms.ingest.forget(clip.id)
    return visit.go("/data", "deleted")


def _page(visit: Visit, link: str | None, invited: str = "") -> Response:
    return visit.page(
        "data.html",
        people=visit.rooms.door.people(),
        exports=[(name, words) for name, (_, words, _) in EXPORTS.items()],
        backups=backups_of(visit.store.path),
        folder=visit.store.path.parent / "backups" if visit.store.path else None,
        trace_days=visit.rooms.settings.dashboard.trace_days,
        link=link,
        link_picture=picture(link) if link else None,
        invited=invited,
    )
