"""Providers are built once, rebuilt for a new secret, and never sent a secret's way to another host."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from datetime import timedelta
from typing import Any

import msgspec
import pytest
from msgspec import Struct
from sqlalchemy import update
from structlog.testing import capture_logs

from rapida import llm
from rapida.assistant import Provider
from rapida.errors import ConfigurationError, ProviderUnavailable
from rapida.knowledge.passages import Passage
from rapida.knowledge.search import stored
from rapida.providers.registry import CatalogueEntry
from rapida.store import credentials, knowledge
from rapida.store.tables import credentials as table
from rapida.stt.moonshine import Moonshine
from rapida.switchboard.provider_cache import ProviderCache
from rapida.tools.base import ToolCaller
from rapida.tts.tone import Tone
from rapida.vad import silero
from tests.switchboard.ready_node import NOON, ReadyNode, an_assistant

HOME = "https://llm.example.com/v1"
built: list[tuple[str, str]] = []


class Model:
    """A model that remembers what it was built with."""

    class Options(Struct, frozen=True):
        base_url: str = HOME

    class Credential(Struct, frozen=True):
        api_key: str

    def __init__(self, options: Any, credential: Any) -> None:
        built.append((options.base_url, credential.api_key))

    async def start(self) -> None: ...

    async def aclose(self) -> None: ...

    def brain(self, prompt: str, variables: Any) -> Any:
        del prompt, variables
        return self


@pytest.fixture(autouse=True)
def _catalogue(monkeypatch: pytest.MonkeyPatch) -> None:
    built.clear()
    monkeypatch.setitem(llm.CATALOGUE._entries, "spied", CatalogueEntry(f"{__name__}:Model"))


async def keep(ready: ReadyNode, key: str = "one", base_url: str | None = None) -> int:
    draft = credentials.CredentialDraft(
        project_id=ready.project_id,
        provider="spied",
        name="Model",
        secret={"api_key": key},
        account="",
        base_url=base_url,
    )
    async with ready.node.store.write() as tx:
        return (await credentials.create(tx, ready.node.vault, draft, NOON)).id


async def replace(ready: ReadyNode, credential_id: int, key: str, base_url: str | None = None) -> None:
    draft = credentials.CredentialDraft(
        project_id=ready.project_id,
        provider="spied",
        name="Model",
        secret={"api_key": key},
        account="",
        base_url=base_url,
    )
    async with ready.node.store.write() as tx:
        old = await credentials.find(tx, credential_id)
        await credentials.replace(tx, ready.node.vault, old, draft, NOON, NOON + timedelta(days=1))


def calling(credential_id: int, **options: str) -> Any:
    assistant = an_assistant(vad=Provider("energy"))
    return msgspec.structs.replace(
        assistant, llm=Provider("spied", options, credential_id), tts=Provider("tone")
    )


async def test_a_provider_is_built_once_for_all_calls_and_again_for_a_new_secret(ready: ReadyNode) -> None:
    cache = ProviderCache(ready.node.store, ready.node.vault, ready.node.prover.uses)
    number = await keep(ready)
    for _ in range(3):
        await cache.of(calling(number), {})
    assert built == [(HOME, "one")]
    await replace(ready, number, "two")
    await cache.of(calling(number), {})
    assert built[1:] == [(HOME, "two")]
    await cache.aclose()


async def test_a_secret_that_moved_to_another_host_is_not_sent_to_the_old_one(ready: ReadyNode) -> None:
    cache = ProviderCache(ready.node.store, ready.node.vault, ready.node.prover.uses)
    number = await keep(ready)
    await cache.of(calling(number), {})
    await replace(ready, number, "two", "https://other.example.com/v1")
    with pytest.raises(ConfigurationError, match=r"llm\.options\.base_url"):
        await cache.of(calling(number, base_url=HOME), {})
    # Where the assistant names no address, the credential's is the one.
    await cache.of(calling(number), {})
    await cache.of(calling(number, base_url="https://other.example.com/v1"), {})
    assert built == [(HOME, "one"), *[("https://other.example.com/v1", "two")] * 2]
    await cache.aclose()


async def test_every_call_that_is_given_a_credentials_provider_is_counted(ready: ReadyNode) -> None:
    uses = ready.node.prover.uses
    cache = ProviderCache(ready.node.store, ready.node.vault, uses)
    number = await keep(ready)
    for _ in range(3):
        await cache.of(calling(number), {})
    with pytest.raises(ConfigurationError):
        await cache.of(calling(number, base_url="https://elsewhere.example.com"), {})
    assert uses == {number: 3}
    await cache.aclose()


async def test_a_secret_whose_host_was_altered_in_the_database_goes_nowhere(ready: ReadyNode) -> None:
    cache = ProviderCache(ready.node.store, ready.node.vault, ready.node.prover.uses)
    number, thief = await keep(ready), "https://thief.example.net/v1"
    async with ready.node.store.write() as tx:
        await tx.execute(update(table).where(table.c.id == number).values(base_url=thief))
    with pytest.raises(ConfigurationError, match="host of its row was altered"):
        await cache.of(calling(number, base_url=thief), {})
    assert built == []
    await cache.aclose()


async def test_a_lost_credential_and_a_database_away_are_told_apart(ready: ReadyNode) -> None:
    cache = ProviderCache(ready.node.store, ready.node.vault, ready.node.prover.uses)
    with pytest.raises(ConfigurationError, match="lost its credential 99"):
        await cache.of(calling(99), {})

    ready.store.goes_away()
    with pytest.raises(ProviderUnavailable, match="cannot be read now"):
        await cache.of(calling(1), {})


async def test_what_the_voice_detectors_drop_is_known_while_they_are_up(
    ready: ReadyNode, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(silero, "_BACKLOG_WINDOWS", 0)  # a machine that can keep up with nothing
    cache = ProviderCache(ready.node.store, ready.node.vault, Counter())
    assert cache.windows_dropped == 0
    assistant = msgspec.structs.replace(an_assistant(vad=Provider("silero")), tts=Provider("tone"))
    providers = await cache.of(assistant, {})
    detector = providers.vad.detector(lambda edge: None)
    for number in range(10):
        detector.feed(number * 32, b"\x9f" * 128 + b"\x1f" * 128)
    assert cache.windows_dropped == 10
    await cache.aclose()


async def test_how_long_speech_waits_for_a_local_recogniser_is_known_while_it_is_up(ready: ReadyNode) -> None:
    cache = ProviderCache(ready.node.store, ready.node.vault, Counter())
    assert cache.waits == []
    assistant = msgspec.structs.replace(an_assistant(), stt=Provider("moonshine"), tts=Provider("tone"))
    ear = (await cache.of(assistant, {})).stt
    assert isinstance(ear, Moonshine)
    assert cache.waits == [ear.waits]
    await cache.aclose()


async def test_whatever_a_provider_raises_is_a_failure_of_that_provider_without_its_words(
    ready: ReadyNode, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(self: Any) -> None:
        raise KeyError("the secret is one")

    monkeypatch.setattr(Model, "start", broken)
    cache = ProviderCache(ready.node.store, ready.node.vault, ready.node.prover.uses)
    with pytest.raises(ProviderUnavailable, match="spied: it could not be started: KeyError") as caught:
        await cache.of(calling(await keep(ready)), {})
    assert "secret" not in str(caught.value)


async def test_a_provider_whose_start_was_begun_before_is_the_one_that_calls_get(ready: ReadyNode) -> None:
    tone = Tone(Tone.Options())

    async def starting() -> Tone:
        await asyncio.sleep(0)
        return tone

    begun = [("tts", Provider("tone"), asyncio.create_task(starting()))]
    cache = ProviderCache(ready.node.store, ready.node.vault, Counter(), begun=begun)
    plain = msgspec.structs.replace(
        an_assistant(), id=ready.assistant_id, tts=Provider("tone"), vad=Provider("energy"), tools=()
    )
    assert (await cache.of(plain, {})).tts is tone
    louder = msgspec.structs.replace(plain, tts=Provider("tone", {"frequency_hz": 300}))
    assert (await cache.of(louder, {})).tts is not tone
    await cache.aclose()


async def test_what_was_begun_and_failed_is_told_to_the_first_call_and_tried_again_by_the_next(
    ready: ReadyNode,
) -> None:
    async def failing() -> None:
        raise ProviderUnavailable("tone", "its worker process did not start")

    begun = [("tts", Provider("tone"), asyncio.create_task(failing()))]
    cache = ProviderCache(ready.node.store, ready.node.vault, Counter(), begun=begun)
    plain = msgspec.structs.replace(
        an_assistant(), id=ready.assistant_id, tts=Provider("tone"), vad=Provider("energy"), tools=()
    )
    with pytest.raises(ProviderUnavailable, match="did not start"):
        await cache.of(plain, {})
    assert isinstance((await cache.of(plain, {})).tts, Tone)
    await cache.aclose()


async def test_a_page_of_facts_is_ready_before_the_first_call_and_one_that_is_missing_hinders_none(
    ready: ReadyNode,
) -> None:
    tool = Provider("search_knowledge", {"page": "facts", "embeddings": ""})
    asks = msgspec.structs.replace(
        an_assistant(), id=ready.assistant_id, tts=Provider("tone"), vad=Provider("energy"), tools=(tool,)
    )
    cache = ProviderCache(ready.node.store, ready.node.vault, Counter())
    with capture_logs() as logged:
        providers = await cache.of(asks, {})
        async with asyncio.timeout(60):
            while not logged:
                await asyncio.sleep(0.001)
    assert [(each["event"], each["page"]) for each in logged] == [("page_not_ready", "facts")]
    async with ready.node.store.write() as tx:
        facts = stored([Passage("Hours", "Nine to six.")])
        await knowledge.put(tx, ready.project_id, "facts", "", facts, NOON)
    asked = {"question": "what are your hours"}
    told = await providers.tools["search_knowledge"].run(asked, ToolCaller(1, {}, ready.project_id))
    assert json.loads(told)["passages"] == [{"title": "Hours", "text": "Nine to six."}]
    await cache.aclose()
