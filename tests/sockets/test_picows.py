"""The media door: one set of tests for picows inside uvicorn and for the plain ASGI fallback."""

from __future__ import annotations

import asyncio
import base64
import importlib
import json
import socket
from importlib.metadata import version
from typing import Any

import httpx
import pytest
import uvloop
from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from rapida.errors import StoreError
from rapida.sockets.coalescing import MANY_STREAMS
from rapida.sockets.picows import PINNED, PRIVATE_NAMES
from rapida.telephony.door import Admission, Handshake, Refusal
from tests.sockets.both import (
    PATH,
    PREFIX,
    Door,
    MediaServer,
    RawCaller,
    frame,
    media,
    opened,
    page,
    start,
    until,
)

# A conversation ---------------------------------------------------------------------------------------------


async def converse(server: MediaServer) -> None:
    async with server.call() as (caller, call):
        await caller.send(media(b"\x01" * 160))
        await caller.send(media(b"\x02" * 80, 120))
        await caller.send('{"event":"dtmf","streamSid":"MZ1","dtmf":{"digit":"5"}}')
        call.leg.play(b"\x03" * 800)
        call.leg.play(b"")
        call.leg.mark("one")
        call.leg.clear()
        sent = [json.loads(await caller.recv()) for _ in range(3)]
        await caller.send('{"event":"mark","streamSid":"MZ1","mark":{"name":"one"}}')
        await caller.send('{"event":"stop","streamSid":"MZ1"}')
        await call.hears("stop")
    await call.hears("closed")
    assert [message["event"] for message in sent] == ["media", "mark", "clear"]
    assert call.told[1:] == [
        ("media", 100, b"\x01" * 160),
        ("media", 120, b"\x02" * 80),
        ("digit", "5"),
        ("mark", "one"),
        ("stop",),
        ("closed", 1000),
    ]
    assert (server.counts.open, server.counts.opened, server.counts.closed) == (0, 1, {1000: 1})


async def test_a_call_is_heard_and_answered(server: MediaServer) -> None:
    await converse(server)


def test_a_call_is_heard_and_answered_on_uvloop(door: Door) -> None:
    async def whole() -> None:
        async with opened(door) as server:
            await converse(server)

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(whole())


async def test_a_call_is_closed_by_the_agent_and_then_deaf_and_mute(server: MediaServer) -> None:
    async with server.call() as (caller, call):
        call.leg.close(1000, "goodbye")
        for order in (
            call.leg.clear,
            call.leg.close,
            lambda: call.leg.play(b"a"),
            lambda: call.leg.mark("b"),
        ):
            order()
        with pytest.raises(ConnectionClosed) as ended:
            await caller.recv()
        assert ended.value.rcvd is not None
        assert (ended.value.rcvd.code, ended.value.rcvd.reason) == (1000, "goodbye")
    await call.hears("closed")
    assert call.of("closed") == [(1000,)]
    call.leg.play(b"a")
    call.leg.close()


@pytest.mark.parametrize("size", [1, 800, 60_000])
async def test_a_mark_arrives_behind_the_sound_it_goes_with(server: MediaServer, size: int) -> None:
    """And before what is sent next, while both still wait; with every form a frame's length has."""
    sound, name = b"\x03" * size, "m" * 200
    async with server.call() as (caller, call):
        call.leg.play(b"\x04" * 160)
        call.leg.play(sound, name)
        call.leg.play(b"\x05", "short")
        call.leg.clear()
        got = [json.loads(await caller.recv()) for _ in range(6)]
    assert [message["event"] for message in got[1:]] == ["media", "mark", "media", "mark", "clear"]
    assert base64.b64decode(got[1]["media"]["payload"]) == sound
    assert [message["mark"]["name"] for message in got if message["event"] == "mark"] == [name, "short"]


async def test_sound_that_was_sent_before_the_close_arrives_before_it(server: MediaServer) -> None:
    async with server.call() as (caller, call):
        for _ in range(20):
            call.leg.play(b"\x03" * 800)
        call.leg.close()
        got = [message async for message in caller]
    assert len(got) == 20


async def test_a_caller_that_closes_without_a_code_is_1005(server: MediaServer) -> None:
    raw = await RawCaller.dial(server)
    raw.shake_hands()
    assert (await raw.response())[0] == 101
    raw.send(frame(8, b""))
    assert (await raw.frame())[0] == 8
    await until(lambda: server.counts.closed)
    assert server.counts.closed == {1005: 1}
    await raw.hang_up()


async def test_a_dropped_connection_is_1006_told_once(server: MediaServer) -> None:
    async with server.call() as (caller, call):
        caller.transport.abort()
        await call.hears("closed")
    assert call.of("closed") == [(1006,)]


async def test_a_ping_is_answered(server: MediaServer) -> None:
    async with server.call() as (caller, _):
        await asyncio.wait_for(await caller.ping(b"here?"), 10)


async def test_nagle_is_off(server: MediaServer) -> None:
    async with server.call():
        sock = server.transports[0].get_extra_info("socket")
        assert sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) != 0


async def test_with_very_many_streams_two_frames_are_read_at_once_and_none_waits_for_ever() -> None:
    """The kernel keeps the first one back; a last message comes although nothing follows it."""
    async with opened("picows") as server, server.call() as (caller, call):
        server.streams = MANY_STREAMS
        server.coalescing.look()
        await caller.send(media(b"\x01" * 160))
        await asyncio.sleep(0.05)
        assert call.of("media") == []
        await caller.send(media(b"\x02" * 160, 120))
        await call.hears("media", times=2)
        await caller.send('{"event":"stop","streamSid":"MZ1"}')
        await asyncio.sleep(0.05)
        assert call.of("stop") == []
        server.coalescing.look()
        server.coalescing.look()
        await call.hears("stop")
        await caller.send(media(b"\x03" * 160, 140))
    await call.hears("closed")
    server.coalescing.look()


# Coming in --------------------------------------------------------------------------------------------------


async def test_admission_sees_the_request_as_it_came(server: MediaServer) -> None:
    raw = await RawCaller.dial(server)
    raw.shake_hands(
        path=PATH + "%2Fx?a=1&b=%20", x_forwarded_for="192.0.2.7", connection="keep-alive, Upgrade"
    )
    assert (await raw.response())[0] == 101
    (seen,) = server.seen
    assert (seen.path, seen.query) == (PATH + "%2Fx", "a=1&b=%20")
    assert seen.headers["x-twilio-signature"] == "c2lnbmVk"
    assert seen.headers["x-forwarded-for"] == "192.0.2.7"
    await raw.hang_up()


@pytest.mark.parametrize("status", [400, 403, 404, 409, 410, 503])
async def test_a_refused_caller_is_told_why_before_the_upgrade(server: MediaServer, status: int) -> None:
    async def refuses(_: Handshake) -> Refusal:
        return Refusal(status, "for this reason")

    server.decide = refuses
    with pytest.raises(InvalidStatus) as refused:
        async with server.caller():
            pass
    response = refused.value.response
    assert response.status_code == status
    assert response.headers["content-type"] == "application/problem+json"
    assert response.headers["connection"] == "close"
    told = json.loads(response.body or b"")
    assert (told["status"], told["detail"]) == (status, "for this reason")
    assert told["code"]
    assert (server.counts.refused, server.counts.opened, server.calls) == ({status: 1}, 0, [])


async def never(_: Handshake) -> Refusal:
    await asyncio.Event().wait()
    raise AssertionError


async def store_is_away(_: Handshake) -> Refusal:
    raise StoreError("away")


async def bug(_: Handshake) -> Refusal:
    raise KeyError("secret")


@pytest.mark.parametrize("admission", [never, store_is_away, bug])
async def test_an_admission_that_cannot_decide_keeps_the_caller_out(door: Door, admission: object) -> None:
    async with opened(door, check_within_s=0.05) as server:
        server.decide = admission  # type: ignore[assignment]
        with pytest.raises(InvalidStatus) as refused:
            async with server.caller():
                pass
        assert refused.value.response.status_code == 503
        assert b"secret" not in (refused.value.response.body or b"")
        assert server.counts.refused == {503: 1}


@pytest.mark.parametrize(
    "changes",
    [{"sec_websocket_key": "short"}, {"sec_websocket_key": "é"}, {"sec_websocket_version": "12"}],
)
async def test_a_malformed_handshake_is_never_put_up_for_admission(
    server: MediaServer, changes: dict[str, Any]
) -> None:
    raw = await RawCaller.dial(server)
    raw.shake_hands(**changes)
    assert (await raw.response())[0] in (400, 426)
    assert server.seen == []
    await raw.hang_up()


async def test_no_compression_is_agreed_and_no_subprotocol_unless_offered(server: MediaServer) -> None:
    async with server.caller(compression="deflate") as caller:
        assert caller.subprotocol is None
        assert caller.protocol.extensions == []
    async with server.caller(subprotocols=["audio.twilio.com", "other"]) as caller:
        assert caller.subprotocol == "audio.twilio.com"
    await until(lambda: server.counts.open == 0)


async def test_an_origin_does_not_matter(server: MediaServer) -> None:
    async with server.caller(origin="https://elsewhere.example"):
        await until(lambda: server.counts.open == 1)


async def test_a_caller_that_leaves_during_the_check_leaves_nothing_behind(server: MediaServer) -> None:
    checking, go_on = asyncio.Event(), asyncio.Event()

    async def slow(handshake: Handshake) -> Admission | Refusal:
        checking.set()
        await go_on.wait()
        return await server.admits(handshake)

    server.decide = slow
    raw = await RawCaller.dial(server)
    raw.shake_hands()
    await asyncio.wait_for(checking.wait(), 10)
    await raw.hang_up()
    go_on.set()
    # The system may or may not have told us: either nobody answered, or the listener was told of the end.
    await until(lambda: server.counts.abandoned or server.counts.closed)
    assert server.counts.open == 0
    assert server.counts.abandoned + sum(server.counts.closed.values()) == 1


async def test_everything_else_on_the_port_stays_as_it_was(server: MediaServer) -> None:
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{server.port}") as client:
        assert (await client.get("/")).text == "page"
        assert (await client.get(PATH)).text == "page"  # no upgrade, no socket
        assert (await client.get("/")).text == "page"
    async with connect(f"ws://127.0.0.1:{server.port}/v1/other") as other:
        assert await other.recv() == "page"
    assert server.seen == []


async def test_a_connection_may_serve_pages_before_it_becomes_a_socket(server: MediaServer) -> None:
    raw = await RawCaller.dial(server)
    raw.send(b"GET / HTTP/1.1\r\nHost: h\r\n\r\n")
    assert (await raw.response())[0] == 200
    assert await raw.reader.readexactly(4) == b"page"
    raw.shake_hands()
    assert (await raw.response())[0] == 101
    raw.send(frame(1, start().encode()))
    await until(lambda: server.calls and server.calls[0].of("start"))
    await raw.hang_up()


# What is borrowed from uvicorn and picows -------------------------------------------------------------------


@pytest.mark.parametrize("package", PINNED)
def test_the_pinned_versions_are_the_installed_ones(package: str) -> None:
    assert version(package) == PINNED[package], f"{package} moved: check PRIVATE_NAMES in sockets/picows.py"


@pytest.mark.parametrize("name", PRIVATE_NAMES)
async def test_every_private_name_is_still_there(name: str) -> None:
    module, _, attribute = name.rpartition(".")
    found = getattr(importlib.import_module(module), attribute)
    if found is HttpToolsProtocol:  # most of its names exist only on an instance that is in use
        found = HttpToolsProtocol(Config(page), ServerState(), {})
        found.on_message_begin()
    missing = [one for one in PRIVATE_NAMES[name] if not hasattr(found, one)]
    assert missing == [], f"{name} has lost {missing}: sockets/picows.py relies on them"


async def test_a_frame_sent_with_the_handshake_is_not_lost() -> None:
    async with opened("picows") as server:
        raw = await RawCaller.dial(server)
        raw.shake_hands(after=frame(1, start().encode()) + frame(1, media().encode()))
        await until(lambda: server.calls and server.calls[0].of("media"))
        await raw.hang_up()


async def test_a_connection_lost_during_the_check_cancels_it() -> None:
    cancelled = asyncio.Event()

    async def waits(_: Handshake) -> Refusal:
        try:
            await asyncio.Event().wait()
        finally:
            cancelled.set()
        raise AssertionError

    async with opened("picows") as server:
        server.decide = waits
        raw = await RawCaller.dial(server)
        raw.shake_hands(path=PREFIX + "x")
        await until(lambda: server.seen)
        server.transports[0].abort()
        await asyncio.wait_for(cancelled.wait(), 10)
        assert server.counts.abandoned == 1
        await raw.hang_up()


async def test_a_peer_that_never_answers_a_close_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    # On plain ASGI the server keeps this deadline.
    monkeypatch.setattr("rapida.sockets.picows.CLOSE_WITHIN_S", 0.01)
    async with opened("picows") as server:
        raw = await RawCaller.dial(server)
        raw.shake_hands(after=frame(1, start().encode()))
        await until(lambda: server.calls)
        server.calls[0].leg.close()
        await server.calls[0].hears("closed")
        assert server.calls[0].of("closed") == [(1000,)]
        await raw.hang_up()
