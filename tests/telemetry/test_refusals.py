"""Refusals: each counted, the first of its kind told at once, the others by their number."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import Any

import pytest
from structlog.testing import capture_logs

from rapida.telemetry import refusals
from rapida.telemetry.refusals import MOST_KINDS, WINDOW_S, Refusals, Refused, without_query


class Counted(Counter[tuple[str, str]]):
    def __call__(self, what: str, reason: str) -> None:
        self[what, reason] += 1


class Peers:
    """Seconds, turned by hand."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def refused(address: str = "192.0.2.1", **more: Any) -> Refused:
    given: dict[str, Any] = {"reason": "not_proved", "status": 403, "why": "it is not signed"}
    return Refused(what="webhook", address=address, **(given | more))


def test_the_first_is_told_with_all_that_is_known_and_the_rest_by_number_when_the_minute_is_over() -> None:
    counted, watch = Counted(), Peers()
    door = Refusals(counted, watch)
    with capture_logs() as lines:
        for _ in range(5):
            door.tell(refused(url="https://calls.example.com/v1/x?x-api-key=hunter2", host="app.internal"))
        watch.now = WINDOW_S
        door.tell(refused())
    first, again, next_one = lines
    assert first == {
        "event": "webhook_refused",
        "log_level": "warning",
        "reason": "not_proved",
        "status": 403,
        "why": "it is not signed",
        "url": "https://calls.example.com/v1/x?…",
        "address": "192.0.2.1",
        "host": "app.internal",
    }
    assert (again["event"], again["count"], again["address"]) == ("webhook_refused_again", 4, "192.0.2.1")
    assert next_one["event"] == "webhook_refused"
    assert counted == {("webhook", "not_proved"): 6}


def test_another_reason_or_another_address_is_a_line_of_its_own() -> None:
    with capture_logs() as lines:
        door = Refusals()
        for each in (refused(), refused(reason="malformed"), refused("192.0.2.2"), refused()):
            door.tell(each)
    assert [(line["reason"], line["address"][-1]) for line in lines] == [
        ("not_proved", "1"),
        ("malformed", "1"),
        ("not_proved", "2"),
    ]


def test_many_addresses_at_once_are_no_flood_either() -> None:
    counted = Counted()
    door = Refusals(counted)
    with capture_logs() as lines:
        for number in range(MOST_KINDS + 1000):
            door.tell(refused(f"2001:db8::{number:x}"))
        assert len(lines) == MOST_KINDS
        door.sum_up()
    assert (lines[-1]["event"], lines[-1]["count"]) == ("refused_from_many_addresses", 1000)
    assert len(lines) == MOST_KINDS + 1
    assert counted["webhook", "not_proved"] == MOST_KINDS + 1000


def test_what_a_stranger_wrote_is_cut() -> None:
    with capture_logs() as lines:
        Refusals().tell(refused(host="x" * 5000, url="https://h/" + "y" * 5000))
    assert all(len(str(value)) < 300 for value in lines[0].values())


@pytest.mark.parametrize("url", ["https://h/p", "https://h/p?", "https://h/p?a=b&key=c"])
def test_a_query_is_never_shown(url: str) -> None:
    assert without_query(url) == ("https://h/p" if url.endswith("p") else "https://h/p?…")


async def test_what_is_left_untold_is_told_at_the_latest_when_the_server_ends(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    door = Refusals()
    monkeypatch.setattr(refusals, "WINDOW_S", 3600.0)
    chore = asyncio.create_task(door.run())
    await asyncio.sleep(0)
    with capture_logs() as lines:
        for _ in range(3):
            door.tell(refused())
        chore.cancel()
        with pytest.raises(asyncio.CancelledError):
            await chore
    assert [(line["event"], line.get("count")) for line in lines] == [
        ("webhook_refused", None),
        ("webhook_refused_again", 2),
    ]
