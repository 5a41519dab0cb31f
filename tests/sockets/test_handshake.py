from __future__ import annotations

import asyncio
import inspect
import json

import pytest
from structlog.testing import capture_logs

from rapida.sockets import handshake
from rapida.sockets.asgi import asgi_media
from rapida.sockets.picows import media_protocol
from rapida.sockets.session import MediaSession, WireCounts
from rapida.telephony.door import Handshake, Refusal

KEY = "dGhlIHNhbXBsZSBub25jZQ=="
REQUEST = Handshake("/v1/talk/twilio/ctx/1", "", {})


async def test_a_bug_of_admission_is_logged_and_answered_without_its_words() -> None:
    async def broken(_: Handshake) -> Refusal:
        raise KeyError("inner words")

    counts = WireCounts()
    with capture_logs() as logged:
        decision = await handshake.decide(broken, REQUEST, counts)
    assert isinstance(decision, Refusal)
    assert (decision.status, counts.refused) == (503, {503: 1})
    assert "inner words" not in decision.reason
    assert [line["event"] for line in logged] == ["handshake_broken"]


async def test_a_cancelled_check_decides_nothing() -> None:
    async def waits(_: Handshake) -> Refusal:
        await asyncio.Event().wait()
        raise AssertionError

    counts = WireCounts()
    check = asyncio.create_task(handshake.decide(waits, REQUEST, counts))
    await asyncio.sleep(0)
    check.cancel()
    with pytest.raises(asyncio.CancelledError):
        await check
    assert counts == WireCounts()


@pytest.mark.parametrize("door", [media_protocol, asgi_media, handshake.decide, MediaSession])
def test_who_asks_for_nothing_else_gets_the_promised_bounds(door: object) -> None:
    """Decided within 2 s, started within 5 s: whoever has proved nothing holds a socket no longer.

    The other tests shorten the bounds, so that nobody waits; here the real ones are held.
    """
    promised = {"check_within_s": 2.0, "within_s": 2.0, "start_within_s": 5.0}
    assert callable(door)
    bounds = {name: each.default for name, each in inspect.signature(door).parameters.items()}
    found = {name: bounds[name] for name in promised if name in bounds}
    assert found
    assert found == {name: promised[name] for name in found}


def test_repeated_headers_are_joined_under_their_lower_case_name() -> None:
    raw = [(b"X-A", b"1"), (b"x-a", b"2"), (b"Y", b"\xe9")]
    assert handshake.headers_of(raw) == {"x-a": "1, 2", "y": "é"}


@pytest.mark.parametrize(
    ("method", "changes", "saying"),
    [
        ("POST", {}, "GET"),
        ("GET", {"sec-websocket-version": "8"}, "13"),
        ("GET", {"sec-websocket-key": "c2hvcnQ="}, "16 bytes"),
        ("GET", {"sec-websocket-key": "not base64!"}, "16 bytes"),
        ("GET", {"sec-websocket-key": "é"}, "16 bytes"),
    ],
)
def test_a_malformed_upgrade_is_told_what_is_wrong(method: str, changes: dict[str, str], saying: str) -> None:
    headers = {"sec-websocket-version": "13", "sec-websocket-key": KEY}
    assert handshake.malformed("GET", headers) is None
    wrong = handshake.malformed(method, headers | changes)
    assert wrong is not None
    assert wrong.status == 400
    assert saying in wrong.reason


@pytest.mark.parametrize(
    ("offered", "selected"),
    [(None, None), ("", None), ("a, b", "a"), (" audio.twilio.com ", "audio.twilio.com"), ("a b", None)],
)
def test_the_first_offered_subprotocol_is_selected(offered: str | None, selected: str | None) -> None:
    headers = {} if offered is None else {"sec-websocket-protocol": offered}
    assert handshake.subprotocol_of(headers) == selected


def test_a_refusal_is_a_whole_http_response() -> None:
    head, _, body = handshake.http_response(Refusal(410, "the context has expired")).partition(b"\r\n\r\n")
    assert head.split(b"\r\n") == [
        b"HTTP/1.1 410 Gone",
        b"Content-Type: application/problem+json",
        f"Content-Length: {len(body)}".encode(),
        b"Connection: close",
    ]
    assert json.loads(body) == {
        "type": "about:blank",
        "title": "Gone",
        "status": 410,
        "code": "context_expired",
        "detail": "the context has expired",
    }
