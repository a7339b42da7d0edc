"""The live stream: news at once, the same news once, silence noticed, and nobody held up by a slow viewer."""

import asyncio
from typing import Any

import pytest

from sternway.dashboard.store.intake import meet
from sternway.dashboard.web import event_stream as stream_module
from sternway.dashboard.web.event_stream import Stream, Watch
from sternway.errors import StoreError
from sternway.events import Kind


@pytest.fixture
def stream(house: Any) -> Stream:
    with house.store.write() as connection:
        meet(house.store, connection, "clip-1")
    house.door.set_up(house.door.setup_code(), "Ada", "three short words")
    return house.app.state.stream  # type: ignore[no-any-return]


def follow(stream: Stream, clip_id: str = "clip-1", browser: str = "") -> Any:
    if not browser:
        door = stream._rooms.door
        browser = door.remember(door.people()[0])
    return stream._follow(stream_module._Viewer(Watch(clip_id, True, "UTC"), browser))


async def next_news(viewer: Any) -> str:
    async with asyncio.timeout(5.0):
        while True:
            message = (await anext(viewer)).decode()
            if message.startswith("event: now"):
                return message


def run(story: Any) -> None:
    asyncio.run(story())


@pytest.fixture
def quick_beats(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream_module, "TICK_S", 0.005)
    monkeypatch.setattr(stream_module, "BEAT_S", 0.02)


def test_a_viewer_gets_what_is_known_then_news_as_it_happens(house: Any, stream: Stream, walking: Any) -> None:
    async def story() -> None:
        async with stream.running():
            viewer = follow(stream)
            assert "Not heard yet" in await next_news(viewer)
            house.live.state("clip-1", walking, False)
            assert ">Steady<" in await next_news(viewer)
            house.live.felt("clip-1", Kind.STUMBLE, 0.0)
            assert ">Stumble<" in await next_news(viewer)
            await viewer.aclose()

    run(story)


def test_silence_turns_into_words_by_itself(
    house: Any, stream: Stream, walking: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [0.0]
    monkeypatch.setattr(house.live, "_clock", lambda: now[0])
    monkeypatch.setattr(stream_module, "TICK_S", 0.01)

    async def story() -> None:
        async with stream.running():
            house.live.state("clip-1", walking, False)
            viewer = follow(stream)
            assert ">Steady<" in await next_news(viewer)
            now[0] = 4.5
            assert "Out of touch" in await next_news(viewer)
            await viewer.aclose()

    run(story)


def test_what_did_not_change_is_not_sent_again_but_the_heart_beats(
    house: Any, stream: Stream, walking: Any, quick_beats: None
) -> None:
    async def story() -> None:
        async with stream.running():
            house.live.state("clip-1", walking, False)
            viewer = follow(stream)
            await next_news(viewer)
            for _ in range(5):
                house.live.state("clip-1", walking, False)
                assert (await anext(viewer)).startswith(b"event: beat")
            await viewer.aclose()

    run(story)


def test_viewers_of_the_same_share_one_rendering_and_of_others_see_their_own(
    house: Any, stream: Stream, walking: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    rendered = []
    render = stream_module.live_fragment
    monkeypatch.setattr(stream_module, "live_fragment", lambda *all_: rendered.append(1) or render(*all_))

    async def story() -> None:
        async with stream.running():
            same = [follow(stream) for _ in range(20)]
            other = follow(stream, "clip-2")
            for viewer in [*same, other]:
                await next_news(viewer)
            rendered.clear()
            house.live.state("clip-1", walking, False)
            assert all([">Steady<" in await next_news(viewer) for viewer in same])
            assert len(rendered) == 1
            for viewer in [*same, other]:
                await viewer.aclose()

    run(story)


def test_a_viewer_who_takes_nothing_is_let_go_and_holds_nobody_up(
    house: Any, stream: Stream, walking: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream_module, "TICK_S", 0.001)
    monkeypatch.setattr(stream_module, "BEAT_S", 0.02)

    async def story() -> None:
        async with stream.running():
            slow, quick = follow(stream), follow(stream)
            await anext(slow)
            await next_news(quick)
            for _ in range(3 * stream_module.WAITING_COUNT):
                await anext(quick)
            left = [message async for message in slow]
            assert len(left) <= stream_module.WAITING_COUNT + 1
            assert len(stream._viewers) == 1
            await quick.aclose()

    run(story)


def test_everybody_is_let_go_at_the_end(house: Any, stream: Stream) -> None:
    async def story() -> None:
        async with stream.running():
            viewer = follow(stream)
            await next_news(viewer)
        async with asyncio.timeout(5.0):
            async for _ in viewer:
                pass

    run(story)


def test_whoever_is_removed_sees_nothing_more_on_a_page_left_open(
    house: Any, stream: Stream, walking: Any, quick_beats: None
) -> None:
    physio = house.door.join(house.door.invite("Physio", house.role("viewer")), "three short words")

    async def story() -> None:
        async with stream.running():
            removed, staying = follow(stream, browser=house.door.remember(physio)), follow(stream)
            await next_news(removed)
            await next_news(staying)
            house.door.remove(physio.id)
            async with asyncio.timeout(5.0):
                async for message in removed:
                    assert not message.startswith(b"event: now")
            house.live.state("clip-1", walking, False)
            assert ">Steady<" in await next_news(staying)
            await staying.aclose()

    run(story)


def test_a_store_that_does_not_answer_ends_nobodys_view(
    house: Any, stream: Stream, walking: Any, quick_beats: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: str) -> None:
        raise StoreError("disk full")

    async def story() -> None:
        async with stream.running():
            viewer = follow(stream)
            await next_news(viewer)
            monkeypatch.setattr(house.door, "known", fail)
            assert (await anext(viewer)).startswith(b"event: beat")
            house.live.state("clip-1", walking, False)
            assert ">Steady<" in await next_news(viewer)
            await viewer.aclose()

    run(story)


def test_there_is_a_limit_to_how_many_may_look(house: Any, stream: Stream, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream_module, "VIEWER_COUNT", 0)
    assert house.owner().client.get("/live").status_code == 503
