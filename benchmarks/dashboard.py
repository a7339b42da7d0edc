"""How fast and how small is the dashboard with 1,000 walks? `python benchmarks/dashboard.py` prints a table.

A dashboard process serves a store of 1,000 walks with events and traces; a real broker and a stand-in for the clip
feed it. With `--clip` the whole way is timed too: a simulated walker stumbles at the emulated chip, and the text
arrives on the page's stream.
"""

import argparse
import asyncio
import contextlib
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path

import httpx2 as httpx
import numpy as np
import psutil
import sqlalchemy as sa

from sternway.clock import Clock
from sternway.config import BrokerSettings, ClipSettings, DashboardSettings, OutboxSettings, Settings
from sternway.dashboard.store.database import Store, open_store
from sternway.dashboard.store.intake import keep
from sternway.dashboard.store.journal import journal_row
from sternway.dashboard.store.lookup import events, walks
from sternway.dashboard.store.schema import JOURNAL, PEOPLE
from sternway.dashboard.web.auth import Door, Role
from sternway.events import Event, Kind
from sternway.programme.journal import Entry
from sternway.publish.publisher import Publisher
from sternway.records import Phase, Record, RecordKind
from sternway.simulate.walk_records import MadeUpClip
from sternway.wire.event import event_body
from sternway.wire.journal import EntryKind
from sternway.wire.plan import WalkPlan
from sternway.wire.state import State

DAY_S = 86_400.0
CLIP, WALKER = "clip-1", "walker"
PAGES = ["/", "/today", "/walks", "/walks?page=40", "/walks/{walk}", "/events/{event}", "/progress?weeks=12"]
PAGES += ["/progress?weeks=52", "/progress/print?weeks=52", "/programme", "/clips", "/data"]
IDLE = State(
    Phase.BACKWARD, "backward", 0, 0, 0.0, 0.0, 90.0, "steady", False, None, True, 80.0, False, True,
    None, None, None, 0, 1, 0.1, "bench",
)  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--walks", type=int, default=1000)
    parser.add_argument("--requests", type=int, default=30, help="requests a page")
    parser.add_argument("--seconds", type=float, default=20.0, help="how long to watch the cost of a viewer")
    parser.add_argument("--viewers", type=int, default=100)
    parser.add_argument("--stumbles", type=int, default=10, help="how often the walker trips with --clip")
    parser.add_argument("--clip", action="store_true", help="also time stumble at the chip to text on the page")
    parser.add_argument("--json", type=Path, help="write the figures there")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        figures = asyncio.run(measure(Path(name), arguments))
    for label, value in figures.items():
        print(f"{label:58} {value}")
    if arguments.json:
        arguments.json.write_text(json.dumps(figures, indent=2) + "\n")


async def measure(folder: Path, arguments: argparse.Namespace) -> dict[str, str]:
    figures: dict[str, str] = {}
    with mosquitto(folder) as port:
        token, addresses = fill(folder, arguments.walks)
        figures["store"] = (
            f"{(folder / 'home' / 'dashboard.db').stat().st_size / 1e6:.1f} MB, {arguments.walks} walks"
        )
        with dashboard(folder, port) as (process, base):
            async with httpx.AsyncClient(base_url=base, cookies={"sternway": token}) as client:
                await pages(client, addresses, arguments.requests, figures)
                figures["RSS after all pages"] = f"{psutil.Process(process.pid).memory_info().rss / 1e6:.0f} MB"
                await viewers(client, psutil.Process(process.pid), StandIn(folder, port), arguments, figures)
                if arguments.clip:
                    await whole_way(client, port, folder, arguments.stumbles, figures)
            figures["RSS at the end"] = f"{psutil.Process(process.pid).memory_info().rss / 1e6:.0f} MB"
    return figures


def fill(folder: Path, count: int) -> tuple[str, dict[str, int]]:
    """Store the walks, three a week up to yesterday, each with a stumble and its trace; return a login and keys."""
    store = open_store(DashboardSettings(state_dir=str(folder / "home")))
    history, now_s = MadeUpClip(CLIP, 1), time.time()
    plan = WalkPlan(stretches=5, stretch_min=3.0)
    for begin in range(0, count, 50):
        arrivals = []
        for number in range(begin, min(begin + 50, count)):
            arrivals += history.walk(now_s - DAY_S * (1.0 + (count - 1 - number) * 7.0 / 3.0), plan, 0.2, 1)
        keep(store, arrivals)
    write_journal(store, now_s, count)
    door = Door(store)
    with store.write() as connection:
        connection.execute(sa.insert(PEOPLE).values(name="Ada", role=Role.OWNER.value, password="none"))
    token = door.remember(door.people()[0])
    walk = walks(store, CLIP, limit=1, skip=count // 2)[0]
    [stumble] = events(store, CLIP, walk.started_s, walk.ended_s, ("stumble",))
    store.close()
    return token, {"walk": walk.id, "event": stumble.id}


def write_journal(store: Store, now_s: float, count: int) -> None:
    rows = []
    for number in range(count):
        day = np.datetime64(int(now_s - DAY_S * number * 7.0 / 3.0), "s").astype("datetime64[D]").item()
        for when in ("before", "after", "next_morning"):
            body = {"value": number % 5, "when": when, "place": "left knee"}
            entry = Entry(f"{number}-{when}", day, EntryKind.PAIN, body, "")
            rows.append(journal_row(CLIP, entry, now_s, "bench"))
    with store.write() as connection:
        connection.execute(sa.insert(JOURNAL), rows)


@contextlib.contextmanager
def mosquitto(folder: Path) -> Iterator[int]:
    program = shutil.which("mosquitto")
    if program is None:
        sys.exit("mosquitto is not installed (apt install mosquitto)")
    port = free_port()
    (folder / "m.conf").write_text(f"listener {port} 127.0.0.1\nallow_anonymous true\nset_tcp_nodelay true\n")
    process = subprocess.Popen([program, "-c", folder / "m.conf"], stderr=subprocess.DEVNULL)
    wait_for_port(port)
    yield port
    process.terminate()
    process.wait()


@contextlib.contextmanager
def dashboard(folder: Path, broker_port: int) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    port = free_port()
    (folder / "d.toml").write_text(
        f"[dashboard]\nstate_dir = {json.dumps(str(folder / 'home'))}\nport = {port}\n"
        f"[broker]\nhost = '127.0.0.1'\nport = {broker_port}\ntls = false\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-m", "sternway", "dashboard", "--config", folder / "d.toml"], stdout=subprocess.DEVNULL
    )
    wait_for_port(port)
    yield process, f"http://127.0.0.1:{port}"
    process.terminate()
    process.wait()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for_port(port: int) -> None:
    for _ in range(300):
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 0.5):
            return
        time.sleep(0.1)
    sys.exit(f"nothing listens on {port}")


async def pages(client: httpx.AsyncClient, keys: dict[str, int], count: int, figures: dict[str, str]) -> None:
    for page in PAGES:
        path, times_ms = page.format(**keys), []
        for _ in range(count + 2):
            begun_s = time.perf_counter()
            answer = await client.get(path)
            times_ms.append(1e3 * (time.perf_counter() - begun_s))
            assert answer.status_code == 200, (path, answer.status_code)
        kept = times_ms[2:]
        spread_ms = f"p50 {np.median(kept):.0f} ms  p95 {np.percentile(kept, 95):.0f} ms"
        figures[f"GET {page}"] = f"{spread_ms}  (first {times_ms[0]:.0f} ms)"


class StandIn:
    """A clip's network side in a walk: changes its state once a second and stumbles when told to."""

    def __init__(self, folder: Path, port: int) -> None:
        broker = BrokerSettings(host="127.0.0.1", port=port, tls=False)
        (folder / "clip").mkdir(exist_ok=True)
        self._clock = Clock(CLIP)
        self._publisher = Publisher(
            ClipSettings(CLIP, str(folder / "clip")), broker, OutboxSettings(), clock=self._clock
        )
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> "StandIn":
        self._publisher.start()
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._closing.set()
        self._thread.join()
        self._publisher.close()

    def stumble(self, number: int) -> None:
        now_s = time.monotonic()
        event = Event(Kind.STUMBLE, now_s, now_s, 0.5, {"number": float(number)})
        self._publisher.offer(Record(RecordKind.EVENT, event_body(event), self._clock.moment(now_s)))

    def _run(self) -> None:
        steps = 0
        while not self._closing.wait(0.1):
            steps += 1
            walked = replace(IDLE, steps=steps // 6, steps_backward=steps // 6, backward_s=steps / 10.0)
            self._publisher.show(walked)


async def viewers(
    client: httpx.AsyncClient,
    watched: psutil.Process,
    clip: "StandIn",
    arguments: argparse.Namespace,
    figures: dict[str, str],
) -> None:
    with clip:
        await asyncio.sleep(3.0)
        alone = await cost(watched, arguments.seconds)
        async with looking(client, 1):
            await asyncio.sleep(2.0)
            one = await cost(watched, arguments.seconds)
        figures["CPU without a viewer, clip walking"] = f"{alone:.2f} % of a core"
        figures["CPU of one live viewer"] = f"{one - alone:.2f} % of a core ({one:.2f} % in all)"
        async with looking(client, arguments.viewers) as heard:
            await asyncio.sleep(3.0)
            begun_cpu = await cost(watched, 5.0)
            delays = await stumbles(clip, heard, arguments.viewers)
        figures[f"CPU with {arguments.viewers} viewers"] = f"{begun_cpu:.1f} % of a core"
        figures[f"stumble published to text at {arguments.viewers} viewers"] = (
            f"p50 {np.median(delays):.2f} s  p95 {np.percentile(delays, 95):.2f} s  max {max(delays):.2f} s"
        )


async def cost(process: psutil.Process, seconds: float) -> float:
    """Return the share of a core, in percent, that the process took over some seconds."""
    before, begun_s = process.cpu_times(), time.monotonic()
    await asyncio.sleep(seconds)
    after = process.cpu_times()
    used_s = after.user + after.system - before.user - before.system
    return 100.0 * used_s / (time.monotonic() - begun_s)


@contextlib.asynccontextmanager
async def looking(
    client: httpx.AsyncClient, count: int, clip_id: str = CLIP
) -> AsyncIterator["list[asyncio.Queue[tuple[float, str]]]"]:
    """Have some viewers; each queue gets (when, verdict) for every fragment that arrives."""
    queues: list[asyncio.Queue[tuple[float, str]]] = [asyncio.Queue() for _ in range(count)]
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=None)
    cookies = {"sternway": client.cookies["sternway"], "clip": clip_id}
    async with httpx.AsyncClient(base_url=client.base_url, cookies=cookies, limits=limits, timeout=None) as many:
        tasks = [asyncio.create_task(look(many, queue)) for queue in queues]
        yield queues
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def look(client: httpx.AsyncClient, queue: "asyncio.Queue[tuple[float, str]]") -> None:
    async with client.stream("GET", "/live") as answer:
        assert answer.status_code == 200, answer.status_code
        async for line in answer.aiter_lines():
            if '<p class="word">' in line:
                word = line.partition('<p class="word">')[2].partition("<")[0]
                queue.put_nowait((time.monotonic(), word))


async def stumbles(
    clip: StandIn, heard: "list[asyncio.Queue[tuple[float, str]]]", count: int, rounds: int = 3
) -> list[float]:
    delays = []
    for number in range(rounds):
        for queue in heard:
            while not queue.empty():
                queue.get_nowait()
        begun_s = time.monotonic()
        clip.stumble(number)
        for queue in heard:
            while True:
                at_s, word = await asyncio.wait_for(queue.get(), 10.0)
                if word == "Stumble":
                    delays.append(at_s - begun_s)
                    break
        await asyncio.sleep(22.0)  # until the verdict is fresh no more
    assert len(delays) == rounds * count
    return delays


async def whole_way(client: httpx.AsyncClient, port: int, folder: Path, count: int, figures: dict[str, str]) -> None:
    """Time from the stumble at the emulated chip to its text in the page's stream, and from the decision."""
    command = [sys.executable, __file__, "--as-clip", str(port), str(folder / WALKER), str(count)]
    (folder / WALKER).mkdir()
    environment = os.environ | {"PYTHONUNBUFFERED": "1"}
    process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE, env=environment)
    assert process.stdout is not None
    texts: list[float] = []
    decided: list[tuple[float, float]] = []

    async def listen(queue: "asyncio.Queue[tuple[float, str]]") -> None:
        before = ""
        while True:
            at_s, word = await queue.get()
            if word == "Stumble" and before != "Stumble":
                texts.append(at_s)
            before = word

    while f"/clips/{WALKER}/name" not in (await client.get("/clips")).text:
        await asyncio.sleep(0.5)
    async with looking(client, 1, WALKER) as [queue]:
        listener = asyncio.create_task(listen(queue))
        async for line in process.stdout:
            happened_s, decided_s = map(float, line.split())
            decided.append((happened_s, decided_s))
        await asyncio.sleep(2.0)
        listener.cancel()
    ways, tails = [], []
    for happened_s, decided_s in decided:
        text_s = next((at_s for at_s in texts if at_s >= decided_s), None)
        if text_s is not None and text_s - decided_s < 10.0:
            ways.append(text_s - happened_s)
            tails.append(text_s - decided_s)
    figures["stumbles felt at the emulated chip / shown"] = f"{len(decided)} / {len(ways)}"
    if ways:
        figures["stumble at the chip to text on the page"] = spread(ways)
        figures["decision to text on the page"] = spread(tails)


def spread(values: list[float]) -> str:
    return f"p50 {np.median(values):.2f} s  p95 {np.percentile(values, 95):.2f} s  max {max(values):.2f} s"


def as_clip(port: int, folder: str, count: int) -> None:
    """Be the clip: production driver, loop and publisher on an emulated chip whose walker trips every 28 seconds."""
    from sternway.demo import scene
    from sternway.simulate.script import BACKWARD, SCRIPTS, Act, Stand, Stumble, Walk

    acts: list[Act] = [Stand(14.0)]
    for _ in range(count):
        acts += [Walk(14.0, BACKWARD), Stumble(1.0), Walk(14.0, BACKWARD)]
    SCRIPTS["bench"] = acts
    settings = Settings(
        clip=ClipSettings(WALKER, folder), broker=BrokerSettings(host="127.0.0.1", port=port, tls=False)
    )

    def watch(_: object, outcome: object) -> None:
        for event in outcome.events:  # type: ignore[attr-defined]
            if event.kind is Kind.STUMBLE:
                print(event.time_s, time.monotonic(), flush=True)

    one = scene.Scene(settings, "bench", watch)
    one.service.run(until=lambda: one.elapsed_s > 14.0 + count * 28.5)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--as-clip"]:
        as_clip(int(sys.argv[2]), sys.argv[3], int(sys.argv[4]))
    else:
        main()
