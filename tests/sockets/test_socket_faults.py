"""The media door when the other end, or we, do it wrong: one socket is closed, the others go on."""

from __future__ import annotations

import asyncio
import json
from contextlib import suppress

import pytest
from websockets.exceptions import ConnectionClosed

from rapida.sockets.session import MAX_BACKLOG_BYTES, MAX_MESSAGE_BYTES
from rapida.telephony.stream import Leg
from tests.sockets.both import (
    Call,
    Door,
    MediaServer,
    RawCaller,
    code_of,
    frame,
    media,
    opened,
    start,
    until,
)

# Broken peers -----------------------------------------------------------------------------------------------

BROKEN: dict[str, tuple[str | bytes, int, str]] = {
    "binary": (b"\x00\x01", 1003, "binary"),
    "not JSON": ("hello", 1003, "malformed"),
    "no message of the carrier": ('{"event":"media"}', 1008, "violations"),
    "too long": (" " * (MAX_MESSAGE_BYTES + 1), 1009, "too_long"),
    "another call": (start("CAother"), 1008, "violations"),
    "sound before start": (media(), 1008, "violations"),
}


@pytest.mark.parametrize("broken", BROKEN)
async def test_a_broken_message_closes_its_socket_and_no_other(server: MediaServer, broken: str) -> None:
    message, code, counted_as = BROKEN[broken]
    async with server.call() as (other, other_call):
        async with server.caller() as caller:
            await caller.send(message)
            assert await code_of(caller) == code
        await server.calls[1].hears("closed")
        assert server.calls[1].told == [("closed", code)]
        await other.send(media())
        await other_call.hears("media")
    assert getattr(server.counts, counted_as) == 1
    others = {"binary", "malformed", "violations", "too_long", "unstarted", "faults"} - {counted_as}
    assert {name: getattr(server.counts, name) for name in others} == dict.fromkeys(others, 0)


async def test_a_message_of_exactly_the_limit_is_heard(server: MediaServer) -> None:
    async with server.call() as (caller, call):
        message = media()
        await caller.send(message + " " * (MAX_MESSAGE_BYTES - len(message)))
        await call.hears("media")


async def test_a_stream_that_does_not_start_in_time_is_closed(door: Door) -> None:
    async with opened(door, start_within_s=0.05) as server:
        async with server.caller() as caller:
            with suppress(ConnectionClosed):  # a slow caller finds it closed already
                await caller.send('{"event":"connected","protocol":"Call","version":"1.0.0"}')
            assert await code_of(caller) == 1008
        assert server.counts.unstarted == 1


async def test_a_message_in_fragments_is_one_message(server: MediaServer) -> None:
    raw = await RawCaller.dial(server)
    raw.shake_hands()
    await raw.response()
    text = start().encode()
    raw.send(frame(1, text[:10], fin=False) + frame(9, b"ping between"))
    raw.send(frame(0, text[10:20], fin=False) + frame(0, text[20:]))
    await until(lambda: server.calls and server.calls[0].of("start"))
    await raw.hang_up()


async def test_fragments_may_not_add_up_to_more_than_the_limit(server: MediaServer) -> None:
    raw = await RawCaller.dial(server)
    raw.shake_hands()
    await raw.response()
    raw.send(frame(1, b" " * MAX_MESSAGE_BYTES, fin=False) + frame(0, b"  ", fin=False))
    opcode, payload = await raw.frame()
    assert (opcode, int.from_bytes(payload[:2], "big")) == (8, 1009)
    await until(lambda: server.counts.too_long == 1)
    await raw.hang_up()


async def test_a_frame_that_is_not_masked_is_a_violation(server: MediaServer) -> None:
    raw = await RawCaller.dial(server)
    raw.shake_hands()
    await raw.response()
    raw.send(frame(1, start().encode(), masked=False))
    opcode, payload = await raw.frame()
    assert (opcode, int.from_bytes(payload[:2], "big")) == (8, 1002)
    await until(lambda: server.counts.closed)
    assert (server.counts.violations, server.counts.closed) == (1, {1002: 1})
    await raw.hang_up()


async def test_a_bug_in_the_listener_ends_only_its_call(server: MediaServer) -> None:
    class Broken(Call):
        def on_media(self, position_ms: int, ulaw: bytes) -> None:
            raise ZeroDivisionError

    async with server.call() as (other, other_call):
        server.answer = Broken
        async with server.call() as (caller, call):
            await caller.send(media())
            assert await code_of(caller) == 1011
            await call.hears("closed")
            assert call.of("closed") == [(1011,)]
        await other.send(media())
        await other_call.hears("media")
    assert server.counts.faults == 1


async def test_a_bug_in_answering_ends_the_socket(server: MediaServer) -> None:
    def broken(leg: Leg) -> Call:
        raise ZeroDivisionError

    server.answer = broken
    async with server.caller() as caller:
        assert await code_of(caller) == 1011
    assert (server.counts.faults, server.calls) == (1, [])


# A phone that does not read ---------------------------------------------------------------------------------


async def test_sound_that_waits_is_counted_and_not_dropped(server: MediaServer) -> None:
    raw = await RawCaller.dial(server, receive_buffer=4096)
    raw.writer.transport.pause_reading()  # type: ignore[attr-defined]
    raw.shake_hands(after=b"")
    await until(lambda: server.calls)
    raw.send(frame(1, start().encode()))
    call = server.calls[0]
    await call.hears("start")
    played = 0
    while not server.counts.stalls:
        call.leg.play(played.to_bytes(4, "big") * 200)
        played += 1
        await asyncio.sleep(0)
    raw.writer.transport.resume_reading()  # type: ignore[attr-defined]
    await raw.response()
    codec_saw = [json.loads((await raw.frame())[1])["media"]["payload"] for _ in range(played)]
    assert len(set(codec_saw)) == played
    call.leg.play(b"\x01" * 160)  # the way is free again: no overflow
    await raw.frame()
    assert (server.counts.stalls, server.counts.overflows) == (1, 0)
    await raw.hang_up()


async def test_a_phone_that_never_reads_is_cut(server: MediaServer) -> None:
    raw = await RawCaller.dial(server, receive_buffer=4096)
    raw.writer.transport.pause_reading()  # type: ignore[attr-defined]
    raw.shake_hands()
    await until(lambda: server.calls)
    raw.send(frame(1, start().encode()))
    call = server.calls[0]
    await call.hears("start")
    for _ in range(64 * MAX_BACKLOG_BYTES // 6_800):
        call.leg.play(b"\x01" * 5_000)
    await call.hears("closed")
    assert call.of("closed") == [(1006,)]
    assert server.counts.overflows == 1
    raw.writer.transport.abort()
