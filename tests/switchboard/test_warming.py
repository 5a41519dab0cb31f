"""What the first callers need is ready before they ring: of a handful of lines, and at no vendor's price."""

from __future__ import annotations

from collections.abc import AsyncIterator
from types import SimpleNamespace
from typing import Any

import pytest
from structlog.testing import capture_logs

from rapida.assistant import Assistant
from rapida.errors import ProviderUnavailable, StoreError
from rapida.store import assistants, deployments
from rapida.switchboard import warming
from rapida.switchboard.warming import warm_up
from rapida.tts.base import Sound
from tests.switchboard.ready_node import NOON, ReadyNode, an_assistant


class Voice:
    """Notes what it is asked to speak, and how much of it is fetched."""

    def __init__(self, fails: bool = False) -> None:
        self.asked: list[str] = []
        self.pieces = 0
        self.fails = fails

    async def synthesize(self, text: str) -> AsyncIterator[Sound]:
        self.asked.append(text)
        if self.fails:
            raise ProviderUnavailable("tone", "it is away")
        for _ in range(50):
            self.pieces += 1
            yield Sound(b"\xff" * 160)


class Warmer:
    """Stands for the connector: notes whom it warms."""

    def __init__(self, voice: Voice, lacking: tuple[int, ...] = ()) -> None:
        self.voice = voice
        self.warmed: list[int] = []
        self.lacking = lacking

    async def __call__(self, assistant: Assistant) -> Any:
        self.warmed.append(assistant.id)
        return None if assistant.id in self.lacking else SimpleNamespace(tts=self.voice)


async def deploy(ready: ReadyNode, count: int, **options: Any) -> list[int]:
    """Further lines, the last one changed last; their assistants' ids."""
    made: list[int] = []
    for _ in range(count):
        async with ready.node.store.write() as tx:
            one = await assistants.create(tx, ready.project_id, an_assistant(), NOON)
            await deployments.put_phone(
                tx,
                ready.project_id,
                one.id,
                "twilio",
                ready.credential_id,
                NOON,
                options=deployments.PhoneOptions(**options),
            )
        made.append(one.id)
    return made


def told(lines: list[Any]) -> dict[str, Any]:
    return {line["event"]: line for line in lines}


async def test_the_lines_changed_last_are_made_ready_and_no_more_than_a_handful(ready: ReadyNode) -> None:
    made = await deploy(ready, warming.MOST_LINES + 2, greeting="Good day.")
    warmer = Warmer(Voice())
    with capture_logs() as lines:
        await warm_up(ready.node.store, warmer)
    assert warmer.warmed == made[:1:-1]
    assert set(warmer.voice.asked) == {"Good day."}
    assert warmer.voice.pieces == warming.MOST_LINES, "only the first sound of each is fetched"
    assert told(lines)["warmed"]["assistants"] == made[:1:-1]


async def test_one_that_is_not_to_be_had_keeps_no_other_from_being_made_ready(ready: ReadyNode) -> None:
    made = await deploy(ready, 2)
    warmer = Warmer(Voice(fails=True), lacking=(made[1],))
    with capture_logs() as lines:
        await warm_up(ready.node.store, warmer)
    assert set(made) <= set(warmer.warmed)
    assert made[1] not in told(lines)["warmed"]["assistants"]
    assert "it is away" in told(lines)["voice_not_warmed"]["reason"]


async def test_without_a_database_nothing_is_warmed_and_that_is_told(
    ready: ReadyNode, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away() -> Any:
        raise StoreError("the database is away")

    monkeypatch.setattr(ready.node.store, "read", away)
    with capture_logs() as lines:
        await warm_up(ready.node.store, Warmer(Voice()))
    assert told(lines)["nothing_warmed"]["reason"] == "the database is away"
