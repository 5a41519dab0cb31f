from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime

import pytest

from rapida.errors import ProviderError, ProviderRefused, ProviderUnavailable
from rapida.providers.build import build
from rapida.telephony import CATALOGUE
from rapida.telephony.carrier import Carrier, Dial, NoSuchCall
from tests.doubles.http_double import Conduct, HttpDouble, Request

SECRET = {"account": "home", "token": "canary-token"}
ORDER = Dial("+2", "+1", '{"do":"stream"}', "https://calls.example.org/event")


class Interface(HttpDouble):
    """The other end's interface, with one call on it."""

    def pieces(self, request: Request) -> list[bytes]:
        call = b'{"call":"c1","state":"busy","from":"+1","to":"+2","placed_at":"2026-11-22T12:00:00Z"}'
        return [b"[" + call + b"]" if "?" in request.path else call]


@pytest.fixture
async def interface() -> AsyncIterator[Interface]:
    async with Interface().running() as interface:
        yield interface


def carrier(url: str) -> Carrier:
    return build(CATALOGUE, "loopback", {"api_url": url}, SECRET)


async def test_calls_are_placed_changed_looked_up_and_listed(interface: Interface) -> None:
    home = carrier(interface.url)
    placed = await home.dial(ORDER)
    assert (placed.call_id, placed.status, placed.to_number) == ("c1", "busy", "+2")
    assert (await home.fetch("c1")).created_at == datetime(2026, 11, 22, 12, tzinfo=UTC)
    assert await home.placed_since("+2", "+1", datetime(2026, 11, 22, 12, tzinfo=UTC)) == [placed]
    assert await home.placed_since("+2", "+1", datetime(2026, 11, 22, 13, tzinfo=UTC)) == []
    await home.complete("c1")
    await home.say("c1", "Goodbye.", "en")
    await home.transfer("c1", "+3", "+1")
    ended, said, handed = (each.json for each in interface.requests[-3:])
    assert ended == {"end": True}
    assert '"say"' in said["document"]
    assert '"dial"' in handed["document"]
    await home.aclose()


@pytest.mark.parametrize(
    ("status", "error", "retryable", "slow_down"),
    [
        (404, NoSuchCall, False, False),
        (400, ProviderRefused, False, False),
        (429, ProviderUnavailable, True, True),
        (503, ProviderUnavailable, False, False),
    ],
)
async def test_an_error_says_whether_the_call_may_ring_and_whether_we_ask_too_often(
    interface: Interface, status: int, error: type[ProviderError], retryable: bool, slow_down: bool
) -> None:
    interface.conducts = [Conduct(refuse=status, error={"error": "canary-token"})]
    home = carrier(interface.url)
    with pytest.raises(error) as failed:
        await home.dial(ORDER)
    assert failed.value.retryable is retryable
    assert getattr(failed.value, "slow_down", False) is slow_down
    assert "canary" not in str(failed.value)
    await home.aclose()


@pytest.mark.parametrize("asked", [lambda home: home.fetch("c1"), lambda home: home.dial(ORDER)])
async def test_without_an_address_nobody_is_called(asked: Callable[[Carrier], Awaitable[object]]) -> None:
    with pytest.raises(ProviderRefused, match="RAPIDA_LOOPBACK_API_URL"):
        await asked(carrier(""))


async def test_what_was_not_sent_may_be_tried_again() -> None:
    home = carrier("http://127.0.0.1:9")
    with pytest.raises(ProviderUnavailable) as away:
        await home.dial(ORDER)
    assert away.value.retryable
    await home.aclose()
