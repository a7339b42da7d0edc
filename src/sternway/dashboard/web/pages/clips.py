"""Clips: pair, health, FAULT history, self-test, name, forget; and the way here for a phone."""

import io
import ipaddress
import socket
import ssl
from dataclasses import dataclass
from pathlib import Path

import segno
import sqlalchemy as sa
from markupsafe import Markup
from starlette.responses import Response

from sternway.dashboard.mqtt.ingest import NoAnswerError
from sternway.dashboard.store import lookup
from sternway.dashboard.store.intake import meet
from sternway.dashboard.store.lookup import EventRow
from sternway.dashboard.store.retention import forget_clip
from sternway.dashboard.store.schema import CLIPS, RECORDS
from sternway.dashboard.verdict import FAULTS, Sight, Verdict, verdict
from sternway.dashboard.web.request_context import Clip, FormError, Visit
from sternway.errors import SternwayError
from sternway.events import Cause
from sternway.pairing.household import Household, own_address
from sternway.pairing.tls import sha256_hex
from sternway.wire.topics import is_clip_id

FAULT_COUNT = 12


@dataclass(frozen=True, slots=True)
class Health:
    """What is known of one clip's health."""

    clip: Clip
    sight: Sight
    verdict: Verdict
    last_record_s: float | None
    motor_felt: bool | None
    faults: tuple[tuple[EventRow, str], ...]


def show(visit: Visit) -> Response:
    """Show the page."""
    return _page(visit, code=None)


def pair(visit: Visit) -> Response:
    """Make a join code for a clip, or say how to where this server does not let the dashboard do it."""
    clip_id = visit.text("clip_id", 32, required=True)
    if not is_clip_id(clip_id):
        raise FormError("A clip’s name is made of letters, digits, - and _, such as clip-1.")
    with visit.store.write() as connection:
        meet(visit.store, connection, clip_id)
    settings = visit.rooms.settings.dashboard
    directory = Path(settings.pairing_dir)
    host = own_address()
    try:
        fingerprint = sha256_hex(ssl.PEM_cert_to_DER_cert((directory / "ca.crt").read_text(encoding="ascii")))
        local_name = f"{socket.gethostname().partition('.')[0]}.local"
        port = visit.rooms.settings.broker.port
        code = Household(directory).invite(clip_id, host, local_name, port, fingerprint).code()
    except (OSError, ValueError):
        return _page(visit, code=None, command=f"sudo sternway pair {clip_id}")
    return _page(visit, code=f"sudo sternway join {code}")


def rename(visit: Visit) -> Response:
    """Give a clip the name people call it by."""
    clip = _clip(visit)
    with visit.store.write() as connection:
        change = sa.update(CLIPS).where(CLIPS.c.clip_id == clip.id)
        connection.execute(change.values(name=visit.text("name", 40, required=True)))
    return visit.go("/clips", "renamed")


def forget(visit: Visit) -> Response:
    """Delete a clip and everything of its walker."""
    clip = _clip(visit)
    if visit.form.get("sure") != "yes":
        raise FormError("Nothing was deleted: please tick that you are sure.")
    forget_clip(visit.store, clip.id)
    visit.rooms.live.forget(clip.id)
    try:
        visit.rooms.ingest.forget(clip.id)
        Household(Path(visit.rooms.settings.dashboard.pairing_dir)).forget(clip.id)
    except (NoAnswerError, SternwayError, OSError):
        return visit.go("/clips", "forgotten_here")
    return visit.go("/clips", "forgotten")


def _page(visit: Visit, code: str | None, command: str | None = None) -> Response:
    addresses = _addresses(visit)
    return visit.page(
        "clips.html",
        healths=[_health(visit, clip) for clip in visit.clips],
        code=code,
        code_picture=picture(code) if code else None,
        command=command,
        addresses=addresses,
        address_picture=picture(addresses[0]) if addresses else None,
        refused_count=sum(visit.rooms.ingest.refused.values()),
        trouble=visit.rooms.ingest.trouble,
        is_connected=visit.rooms.ingest.connected.is_set(),
        fault_words={cause.value: sentence for cause, (sentence, _) in FAULTS.items()},
    )


def _health(visit: Visit, clip: Clip) -> Health:
    sight = visit.rooms.live.sight(clip.id)
    with visit.store.read() as connection:
        query = sa.select(sa.func.max(RECORDS.c.received_s)).where(RECORDS.c.clip_id == clip.id)
        last_record_s = connection.execute(query).scalar()
    newest = lookup.walks(visit.store, clip.id, limit=1)
    found = lookup.walk(visit.store, clip.id, newest[0].id) if newest else None
    felt = found[1].sensor.motor_felt if found else None
    faults = lookup.events(visit.store, clip.id, 0.0, 1e12, ("fault",))[-FAULT_COUNT:]
    return Health(
        clip, sight, verdict(sight), last_record_s, felt, tuple((row, _fault_words(row)) for row in reversed(faults))
    )


def _fault_words(row: EventRow) -> str:
    sentence = FAULTS[Cause(row.cause)][0] if row.cause in set(Cause) else "Cause not known."
    return sentence if row.severity > 0.0 else f"Over: {sentence[0].lower()}{sentence[1:]}"


def _clip(visit: Visit) -> Clip:
    wanted = visit.request.path_params["clip_id"]
    clip = next((clip for clip in visit.clips if clip.id == wanted), None)
    if clip is None:
        raise FormError("There is no such clip.")
    return clip


def _addresses(visit: Visit) -> list[str]:
    """Return under which addresses a phone in the house finds this page; none where only this machine can."""
    settings = visit.rooms.settings.dashboard
    if settings.public_url:
        return [settings.public_url]
    if visit.rooms.is_demo or _is_own(settings.host):
        return []
    scheme = "https" if settings.certificate_file else "http"
    local_name = f"{socket.gethostname().partition('.')[0]}.local"
    return [f"{scheme}://{host}:{settings.port}" for host in (own_address(), local_name)]


def _is_own(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def picture(text: str) -> Markup:
    """Return a QR code as SVG, dark on light in both themes: cameras want it so."""
    out = io.BytesIO()
    segno.make(text, error="m").save(
        out, kind="svg", xmldecl=False, svgns=True, omitsize=True, svgclass="qr", light="#fff"
    )
    return Markup(out.getvalue().decode())
