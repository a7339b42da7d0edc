"""Every page opens, every form does what it says, and nobody does what is not theirs."""

import dataclasses
import datetime
import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from sternway.cli import main
from sternway.dashboard.programme import home_day, programme_of
from sternway.dashboard.store import lookup
from sternway.dashboard.store.database import backups
from sternway.dashboard.store.intake import keep
from sternway.dashboard.store.journal import entries, plan_in_force, write
from sternway.dashboard.web.pages import PAGES
from sternway.dashboard.web.request_context import Access
from sternway.programme.journal import CHECK_QUESTIONS, in_force
from sternway.programme.screening import QUESTIONS
from sternway.simulate.walk_records import MadeUpClip
from sternway.wire.journal import EntryKind
from sternway.wire.plan import WalkPlan

NASTY = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>{{7*7}}"


def filled(path: str, ids: dict[str, str]) -> str:
    return re.sub(r"\{(\w+)\}", lambda found: ids[found.group(1)], path)


@pytest.fixture
def ids(walked: Any) -> dict[str, str]:
    owner = walked.owner()
    walk_id = next(
        number
        for number in re.findall(r'href="/walks/(\d+)"', owner.get("/walks").text)
        if "/events/" in owner.get(f"/walks/{number}").text
    )
    event_id = re.search(r'href="/events/(\d+)"', owner.get(f"/walks/{walk_id}").text)
    assert event_id is not None
    entry_id = entries(walked.store, "clip-1")[0].entry_id
    return {
        "walk_id": walk_id,
        "event_id": event_id.group(1),
        "entry_id": entry_id,
        "clip_id": "clip-1",
        "person_id": "2",
        "name": "walks.csv",
        "code": "none",
    }


def test_every_page_opens_with_four_weeks_of_walks(walked: Any, ids: dict[str, str]) -> None:
    owner = walked.owner()
    for page in PAGES:
        if not page.is_post and page.access is not Access.OPEN:
            assert owner.get(filled(page.path, ids)).status_code == 200, page.path


def test_every_page_opens_before_there_is_anything(house: Any) -> None:
    owner = house.owner()
    for path in ("/", "/today", "/walks", "/progress", "/progress/print", "/programme", "/clips", "/data", "/more"):
        answer = owner.get(path)
        assert answer.status_code == 200, path
    assert "Pair a clip" in owner.get("/").text


@pytest.mark.skipif(shutil.which("mosquitto_passwd") is None, reason="mosquitto is not installed")
def test_a_join_code_made_here_says_to_reload_the_broker_and_to_restart_the_clip(house: Any, tmp_path: Path) -> None:
    assert main(["pair", "--directory", str(tmp_path / "pairing"), "--host", "127.0.0.1"]) == 0
    owner = house.owner()
    owner.get("/clips")
    text = owner.post("/clips/pair", clip_id="clip-1").text
    join, reload, restart = map(text.index, ("sternway join", "reload mosquitto", "systemctl restart sternway"))
    assert join < reload < restart


def test_a_stranger_is_led_to_the_door_from_every_page(walked: Any, ids: dict[str, str]) -> None:
    walked.owner()
    stranger = walked.browser()
    stranger.get("/login")
    for page in PAGES:
        if page.access is Access.OPEN:
            continue
        path = filled(page.path, ids)
        answer = stranger.post(path) if page.is_post else stranger.get(path)
        assert answer.url.path == "/login", page.path
    assert stranger.get("/live").status_code == 401


def test_a_viewer_opens_every_page_and_changes_nothing(walked: Any, ids: dict[str, str]) -> None:
    viewer = walked.viewer()
    before = len(entries(walked.store, "clip-1")), walked.door.people(), len(list(walked.store.path.parent.iterdir()))
    for page in PAGES:
        path = filled(page.path, ids)
        if page.is_post and page.access is Access.OWNER:
            assert viewer.post(path, word="delete", sure="yes", value="3").status_code == 403, page.path
        elif not page.is_post and page.access is Access.VIEWER:
            answer = viewer.get(path)
            assert answer.status_code == 200, page.path
            assert set(re.findall(r'method="post" action="([^"]+)"', answer.text)) <= {"/logout", "/look-at"}, (
                page.path
            )
    after = len(entries(walked.store, "clip-1")), walked.door.people(), len(list(walked.store.path.parent.iterdir()))
    assert before == after


def test_no_form_works_without_its_token_or_with_that_of_another_browser(walked: Any, ids: dict[str, str]) -> None:
    owner, other = walked.owner(), walked.browser()
    other.get("/login")
    for page in PAGES:
        if not page.is_post:
            continue
        for token in ("", "0" * 64, "ü", other.token):
            answer = owner.client.post(filled(page.path, ids), data={"form_token": token, "word": "delete"})
            assert answer.status_code == 403, (page.path, token)
    assert len(entries(walked.store, "clip-1")) > 0


def test_forms_that_are_not_forms_are_refused_in_words(walked: Any) -> None:
    owner = walked.owner()
    post = owner.client.post
    plain = {"content-type": "application/x-www-form-urlencoded"}
    assert post("/today/note", content=b"{}", headers={"content-type": "application/json"}).status_code == 415
    assert post("/today/note", files={"x": b"y"}).status_code == 415
    assert post("/today/note", content=b"text=" + b"x" * 70_000, headers=plain).status_code == 413
    assert post("/today/note", content=(b"x" * 1000 for _ in range(100)), headers=plain).status_code == 413
    assert post("/today/note", content=b"text=%ff%fe", headers=plain).status_code == 400
    assert post("/today/note", content=b"\xff\xfe=1", headers=plain).status_code == 400
    assert post("/today/note", content="&".join(f"a{n}=1" for n in range(200)), headers=plain).status_code == 400
    assert entries(walked.store, "clip-1", kinds=(EntryKind.NOTE,)) == []


@pytest.mark.parametrize(
    ("path", "form"),
    [
        ("/today/pain", {"value": "11"}),
        ("/today/pain", {"value": "nan"}),
        ("/today/pain", {"value": ""}),
        ("/today/pain", {"value": "3", "when": "yesterday"}),
        ("/today/pain", {"value": "3", "place": "soul"}),
        ("/today/pain", {"value": "3", "day": "soon"}),
        ("/today/pain", {"value": "3", "day": "1900-01-01"}),
        ("/today/pain", {"value": "3", "note": "x" * 3000}),
        ("/today/effort", {"value": "1e99"}),
        ("/today/note", {"text": "  "}),
        ("/today/note", {"text": "a\x00b"}),
        ("/today/check", {"pain_before": "-1"}),
        ("/today/check", {"place": "'; DROP TABLE journal; --"}),
        ("/today/withdraw/nothing", {}),
        ("/programme/plan", {"days_per_week": "9"}),
        ("/programme/plan", {"cap_min": "300"}),
        ("/programme/plan", {"stretches_1": "5", "stretch_min_1": ""}),
        ("/programme/plan", {"stretches_1": "9", "stretch_min_1": "3", "stretches_2": "1", "stretch_min_2": "1"}),
        ("/programme/plan", {"support": "magic"}),
        ("/programme/activity", {"minutes": "5"}),
        ("/programme/activity", {"name": "swimming", "minutes": "5000"}),
        ("/programme/pause", {"start": "2026-05-09", "end": "2026-05-01"}),
        ("/programme/pause", {"start": "2026-13-01", "end": "2026-05-01"}),
        ("/clips/pair", {"clip_id": "../../etc"}),
        ("/clips/pair", {"clip_id": "a/b"}),
        ("/clips/clip-1/name", {"name": ""}),
        ("/clips/clip-1/forget", {}),
        ("/clips/clip-9/forget", {"sure": "yes"}),
        ("/data/invite", {"name": ""}),
        ("/data/invite", {"name": "Eve", "role": "god"}),
        ("/data/people/1/remove", {}),
        ("/data/delete", {"word": "please"}),
        ("/look-at", {"clip": "someone-else"}),
    ],
)
def test_what_cannot_be_is_answered_in_words_and_changes_nothing(
    walked: Any, path: str, form: dict[str, str]
) -> None:
    owner = walked.owner()
    before = entries(walked.store, "clip-1"), plan_in_force(walked.store, "clip-1"), walked.door.people()
    owner.get("/today")
    answer = owner.post(path, **form)
    assert answer.status_code == 422, answer.text
    assert "That did not work" in answer.text
    assert (entries(walked.store, "clip-1"), plan_in_force(walked.store, "clip-1"), walked.door.people()) == before


@pytest.mark.parametrize(
    "nasty", [NASTY, "'; DROP TABLE records; --", "1 OR 1=1", "../../etc/passwd", "٣", "1e309", ""]
)
def test_nasty_addresses_find_nothing_and_break_nothing(walked: Any, nasty: str) -> None:
    from urllib.parse import quote

    owner = walked.owner()
    safe = quote(nasty, safe="")
    for path in (f"/walks/{safe}", f"/events/{safe}", f"/data/export/{safe}", f"/walks/{safe}/x"):
        assert owner.get(path).status_code in {404, 200 if not nasty else 404}, path
    for path in (
        f"/walks?page={safe}&month={safe}",
        f"/progress?weeks={safe}&variation={safe}",
        f"/progress/print?weeks={safe}",
        f"/?said={safe}",
    ):
        answer = owner.get(path)
        assert answer.status_code == 200, path
        assert "<script>alert" not in answer.text
    owner.client.cookies.set("zone", safe[:80] or "x")
    owner.client.cookies.set("clip", safe[:80] or "x")
    assert owner.get("/walks").status_code == 200


@pytest.mark.parametrize("month", ["0001-01", "9999-12"])
def test_a_month_in_which_nobody_walked_with_a_clip_shows_this_one(walked: Any, month: str) -> None:
    assert "<h2>May 2026</h2>" in walked.owner().get(f"/walks?month={month}").text


def test_what_people_write_is_shown_as_they_wrote_it_and_never_run(walked: Any) -> None:
    owner = walked.owner()
    owner.get("/today")
    assert owner.post("/today/note", text=NASTY).status_code == 200
    assert owner.post("/clips/clip-1/name", name=NASTY[:40]).status_code == 200
    assert owner.post("/data/invite", name=NASTY[:40], role="viewer").status_code == 200
    for path in ("/", "/today", "/walks", "/progress/print", "/programme", "/clips", "/data"):
        text = owner.get(path).text
        assert "<script>alert" not in text, path
        assert "<img src=x" not in text, path
    assert "&lt;script&gt;alert(1)" in owner.get("/today").text
    assert "49" not in re.sub(r"\d{3,}", "", owner.get("/").text.split("<main")[0])


def test_the_policy_lets_no_inline_script_or_style_run_and_no_page_needs_one(
    walked: Any, ids: dict[str, str]
) -> None:
    owner = walked.owner()
    for page in PAGES:
        if page.is_post or page.access is Access.OPEN or page.path.startswith("/data/export"):
            continue
        answer = owner.get(filled(page.path, ids))
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert not re.search(
            r"<style|\sstyle=|<script(?! src=\"/static/sternway.js\" defer></script>)", answer.text
        ), page.path
        assert not re.search(r"\son\w+=", answer.text), page.path
        assert not re.search(r"(src|href)=\"(https?:)?//", answer.text), page.path


def test_the_check_the_pain_and_the_effort_are_kept_and_can_be_taken_back(walked: Any) -> None:
    owner = walked.owner()
    owner.get("/today")
    answers = {question.name: question.choices[0] for question in CHECK_QUESTIONS if question.choices}
    owner.post("/today/check", **answers, pain_before="2")
    owner.post("/today/pain", value="3", when="after", place="left knee", note="warm")
    owner.post("/today/effort", value="5")
    page = owner.get("/today").text
    assert "3 of 10, after, left knee, warm" in page
    assert "5 of 10" in page
    entry_id = re.findall(r'action="/today/withdraw/([0-9a-f]+)"', page)[1]
    owner.post(f"/today/withdraw/{entry_id}")
    assert "3 of 10, after, left knee, warm" not in owner.get("/today").text
    day = datetime.datetime.fromtimestamp(walked.clock.now_s).astimezone().date()
    kept = [entry for entry in entries(walked.store, "clip-1", day) if entry.kind is EntryKind.PAIN]
    assert any(getattr(entry.body, "note", None) == "warm" for entry in kept), "the first entry is still there"
    assert not any(getattr(entry.body, "note", None) == "warm" for entry in in_force(kept))


@pytest.mark.parametrize("tested", [True, False])
def test_a_walk_test_is_shown_with_its_bands_and_week_by_week(house: Any, tested: bool) -> None:
    owner = house.owner()
    walk = MadeUpClip("clip-1", 1).walk(house.clock.now_s - 86_400.0, WalkPlan(walk_test=tested), 0.05, 0)
    keep(house.store, list(walk))
    [walk_id] = set(re.findall(r'href="/walks/(\d+)"', owner.get("/walks").text))
    progress, page = owner.get("/progress").text, owner.get(f"/walks/{walk_id}").text
    assert "Lean of the trunk, °" in progress
    assert ("Three metres backward, s" in progress) is tested
    assert (re.search(r"3 metres backward: \d\.\d s", page) is not None) is tested
    assert ("Carter 2019" in page and "Polo-Ferrero 2025" in page) is tested


@pytest.mark.parametrize("speed_mps", [{}, {"backward": 0.42}])
def test_speed_is_shown_only_where_the_report_has_it(house: Any, speed_mps: dict[str, float]) -> None:
    owner = house.owner()
    walk = list(MadeUpClip("clip-1", 1).walk(house.clock.now_s - 86_400.0, WalkPlan(), 0.05, 0))
    walk[-1].record.body["speed_mps"] = speed_mps
    keep(house.store, walk)
    [walk_id] = set(re.findall(r'href="/walks/(\d+)"', owner.get("/walks").text))
    page = owner.get(f"/walks/{walk_id}").text
    assert ("Speed backward" in page and "0.42 m/s" in page) is bool(speed_mps)
    assert ("Speed" in page) is bool(speed_mps)


def test_an_event_can_be_labelled_and_the_last_word_counts(walked: Any, ids: dict[str, str]) -> None:
    owner = walked.owner()
    page = f"/events/{ids['event_id']}"
    owner.get(page)
    owner.post(f"{page}/label", verdict="right")
    answer = owner.post(f"{page}/label", verdict="false_alarm")
    assert "False alarm." in answer.text
    assert owner.post(f"{page}/label", verdict="maybe").status_code == 422
    assert "false_alarm" in owner.get("/data/export/events.csv").text


def test_a_stumble_labelled_a_false_alarm_counts_neither_for_the_plan_nor_in_the_print(walked: Any) -> None:
    def counted() -> int:
        walks = programme_of(walked.store, "clip-1", home_day(walked.clock())).history.walks
        return sum(walk.stumble_count for walk in walks)

    owner, before = walked.owner(), counted()
    [first, *_] = lookup.events(walked.store, "clip-1", 0.0, 1e12, ("stumble",))
    for verdict, count in (("false_alarm", before - 1), ("right", before), ("unsure", before)):
        lookup.label(walked.store, first.id, verdict, "Ada")
        assert counted() == count
        assert f"<dt>Stumbles noticed</dt><dd>{count}</dd>" in owner.get("/progress/print").text


def test_the_print_says_falls_support_early_stops_and_every_chart(house: Any) -> None:
    owner, clip = house.owner(), MadeUpClip("clip-1", 1)
    for days, stumble_count in ((3, 0), (1, 2)):
        begun_s = house.clock.now_s - days * 86_400.0
        keep(house.store, list(clip.walk(begun_s, WalkPlan(walk_test=True, support="rail"), 0.05, stumble_count)))
    today = home_day(house.clock())
    write(house.store, "clip-1", today, EntryKind.ACTIVITY, {"name": "swimming", "minutes": 30.0}, written_by="Ada")
    text = owner.get("/progress/print").text
    for name, value in (
        ("Falls noticed", "0"),
        ("Support used", "2&nbsp;× holding a rail"),
        ("Stopped early", "1&nbsp;× two stumbles"),
    ):
        assert f"<dt>{name}</dt><dd>{value}</dd>" in text
    assert "may be measuring error" in text
    assert text.count("<figure>") == 9


def test_an_edited_plan_is_in_force_and_the_earlier_one_is_kept(walked: Any) -> None:
    owner = walked.owner()
    owner.get("/programme")
    answer = owner.post(
        "/programme/plan",
        name="Physio",
        days_per_week="2",
        cap_min="15",
        support="rail",
        variation="treadmill",
        stretches_1="3",
        stretch_min_1="1,5",
        stretches_2="4",
        stretch_min_2="2",
    )
    assert "The plan is saved" in answer.text
    plan = plan_in_force(walked.store, "clip-1")
    assert (plan.name, plan.days_per_week, plan.support, plan.variation) == ("Physio", 2, "rail", "treadmill")
    assert [week.minutes for week in plan.weeks] == [4.5, 8.0]


def test_a_no_to_a_first_question_stops_the_setup_until_somebody_takes_it_on(house: Any, record: Any) -> None:
    from sternway.dashboard.store.intake import keep

    keep(house.store, [(record(), 1)])
    owner = house.owner()
    assert "First, a few questions" in owner.get("/today").text
    answers = {question.name: "yes" for question in QUESTIONS}
    owner.get("/programme/screening")
    answer = owner.post("/programme/screening", **{**answers, "not_dizzy": "no"})
    assert "Please ask a doctor" in answer.text
    today = owner.get("/today").text
    assert "dizziness or poor balance makes a fall backward likely. Please ask a doctor" in today
    assert 'href="/programme/screening"' in today
    assert "and start" not in today
    for path, form in (("/today/check", {"then": "start"}), ("/command/start", {})):
        answer = owner.post(path, **form)
        assert (answer.url.path, "No walk was started" in answer.text) == ("/programme/screening", True)
    owner.post("/programme/screening", **{**answers, "not_dizzy": "no"}, override="yes")
    today = owner.get("/today").text
    assert "Please ask a doctor" not in today
    assert "and start" in today
    [first, second] = entries(house.store, "clip-1", kinds=(EntryKind.SCREENING,))
    assert (first.body.override, second.body.override) == (False, True)


def test_forgetting_a_clip_takes_everything_of_its_walker(walked: Any) -> None:
    owner = walked.owner()
    owner.get("/clips")
    owner.post("/clips/clip-1/forget", sure="yes")
    assert "No walk yet" in owner.get("/walks").text
    assert entries(walked.store, "clip-1") == []


def test_deleting_everything_leaves_nothing_to_find_on_the_disk(walked: Any) -> None:
    owner = walked.owner()
    owner.get("/data")
    owner.post("/today/note", text="a secret nobody else should read")
    owner.get("/data")
    owner.post("/data/backup")
    [backup] = backups(walked.store.path)
    for name in ("before-restore-20260501-031500.db", "before-restore-20260501-031500.db-wal", "db.restoring"):
        shutil.copy(backup, walked.store.path.with_name(f"dashboard.{name}"))
    owner.get("/data")
    owner.post("/data/delete", word="Delete")
    files = [file for file in walked.store.path.parent.rglob("*") if file.is_file()]
    assert not any(b"a secret nobody else" in file.read_bytes() for file in files)
    assert owner.get("/data").status_code == 200, "people may still look after the dashboard"


def test_two_walkers_are_never_mixed(walked: Any, record: Any) -> None:
    from sternway.dashboard.store.intake import keep

    keep(walked.store, [(record(clip_id="clip-2"), 1)])
    owner = walked.owner()
    assert "All 12 walks" in owner.get("/walks").text
    owner.post("/look-at", clip="clip-2")
    assert "No walk yet" in owner.get("/walks").text
    assert owner.get("/events/1").status_code == 404


def test_two_walks_at_the_same_unset_time_keep_their_own_events(house: Any) -> None:
    clip = MadeUpClip("clip-1", 1)

    def walked(boot_id: str, at_s: float, stumble_count: int) -> list[Any]:
        """Return a walk of another boot whose clock was not set."""
        arrivals = []
        for arrival in clip.walk(at_s, WalkPlan(), 0.03, stumble_count):
            moment = dataclasses.replace(arrival.record.moment, boot_id=boot_id, clock_synced=False)
            arrivals.append(arrival._replace(record=dataclasses.replace(arrival.record, moment=moment)))
        return arrivals

    keep(house.store, walked("aaaaaaaa", house.clock.now_s, 1) + walked("bbbbbbbb", house.clock.now_s + 5.0, 0))
    owner = house.owner()
    smooth, with_stumble = lookup.walks(house.store, "clip-1")
    [stumble] = lookup.events(house.store, "clip-1", 0.0, 1e12, ("stumble",))
    assert f"/events/{stumble.id}" in owner.get(f"/walks/{with_stumble.id}").text
    assert "/events/" not in owner.get(f"/walks/{smooth.id}").text
    assert f"/walks/{with_stumble.id}" in owner.get(f"/events/{stumble.id}").text


def test_a_walk_reported_after_a_restart_keeps_the_events_of_the_boot_it_was_walked_in(
    house: Any, record: Any
) -> None:
    *felt, told = (arrival.record for arrival in MadeUpClip("clip-1", 1).walk(house.clock.now_s, WalkPlan(), 0.03, 1))
    began = felt[0].moment
    origin = {"boot_id": began.boot_id, "monotonic_s": began.monotonic_s, "wall_time": began.wall_time}
    later = dataclasses.replace(told.moment, boot_id="cccccccc", monotonic_s=20.0)
    told = dataclasses.replace(told, moment=later, body={**told.body, "origin": origin})
    keep(house.store, [(one, 1) for one in (*felt, told)])
    [walk] = lookup.walks(house.store, "clip-1")
    assert walk.boot_id == began.boot_id
    assert "/events/" in house.owner().get(f"/walks/{walk.id}").text


def test_an_unset_clock_is_said(house: Any, record: Any) -> None:
    from sternway.dashboard.store.intake import keep

    keep(house.store, [(record(synced=False), 1)])
    assert "time not certain" in house.owner().get("/events/1").text


def test_times_are_those_of_the_viewer(house: Any, record: Any) -> None:
    from sternway.dashboard.store.intake import keep

    keep(house.store, [(record(), 1)])
    owner = house.owner()
    owner.client.cookies.set("zone", "Pacific/Auckland")
    assert "Wed 6 May, 23:59" in owner.get("/events/1").text
    owner.client.cookies.set("zone", "America/Lima")
    assert "Wed 6 May, 06:59" in owner.get("/events/1").text


def test_a_store_that_fails_is_said_and_does_not_take_the_page_down(
    walked: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from sternway.dashboard.store import lookup
    from sternway.errors import StoreError

    owner = walked.owner()

    def fail(*_: Any, **__: Any) -> None:
        raise StoreError("disk full")

    monkeypatch.setattr(lookup, "walk_count", fail)
    answer = owner.get("/walks")
    assert answer.status_code == 503
    assert "disk may be full" in answer.text
