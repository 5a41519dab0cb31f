"""The cast: providers built once, rebuilt for a new secret, and never sent a secret's way to another host."""

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
from rapida.vad import silero
from tests.switchboard.office import NOON, Office, an_assistant

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


async def keep(office: Office, key: str = "one", base_url: str | None = None) -> int:
    draft = credentials.CredentialDraft(
        project_id=office.project_id,
        provider="spied",
        name="Model",
        secret={"api_key": key},
        account="",
        base_url=base_url,
    )
    async with office.node.store.write() as tx:
        return (await credentials.create(tx, office.node.vault, draft, NOON)).id


async def replace(office: Office, credential_id: int, key: str, base_url: str | None = None) -> None:
    draft = credentials.CredentialDraft(
        project_id=office.project_id,
        provider="spied",
        name="Model",
        secret={"api_key": key},
        account="",
        base_url=base_url,
    )
    async with office.node.store.write() as tx:
        old = await credentials.find(tx, credential_id)
        await credentials.replace(tx, office.node.vault, old, draft, NOON, NOON + timedelta(days=1))


def calling(credential_id: int, **options: str) -> Any:
    assistant = an_assistant(vad=Provider("energy"))
    return msgspec.structs.replace(
        assistant, llm=Provider("spied", options, credential_id), tts=Provider("tone")
    )


async def test_a_provider_is_built_once_for_all_calls_and_again_for_a_new_secret(office: Office) -> None:
    cast = ProviderCache(office.node.store, office.node.vault, office.node.prover.uses)
    number = await keep(office)
    for _ in range(3):
        await cast.of(calling(number), {})
    assert built == [(HOME, "one")]
    await replace(office, number, "two")
    await cast.of(calling(number), {})
    assert built[1:] == [(HOME, "two")]
    await cast.aclose()


async def test_a_secret_that_moved_to_another_host_is_not_sent_to_the_old_one(office: Office) -> None:
    cast = ProviderCache(office.node.store, office.node.vault, office.node.prover.uses)
    number = await keep(office)
    await cast.of(calling(number), {})
    await replace(office, number, "two", "https://other.example.com/v1")
    with pytest.raises(ConfigurationError, match=r"llm\.options\.base_url"):
        await cast.of(calling(number), {})
    await cast.of(calling(number, base_url="https://other.example.com/v1"), {})
    assert built == [(HOME, "one"), ("https://other.example.com/v1", "two")]
    await cast.aclose()


async def test_every_call_that_is_given_a_credentials_provider_is_counted(office: Office) -> None:
    uses = office.node.prover.uses
    cast = ProviderCache(office.node.store, office.node.vault, uses)
    number = await keep(office)
    for _ in range(3):
        await cast.of(calling(number), {})
    with pytest.raises(ConfigurationError):
        await cast.of(calling(number, base_url="https://elsewhere.example.com"), {})
    assert uses == {number: 3}
    await cast.aclose()


async def test_a_secret_whose_host_was_altered_in_the_database_goes_nowhere(office: Office) -> None:
    cast = ProviderCache(office.node.store, office.node.vault, office.node.prover.uses)
    number, thief = await keep(office), "https://thief.example.net/v1"
    async with office.node.store.write() as tx:
        await tx.execute(update(table).where(table.c.id == number).values(base_url=thief))
    with pytest.raises(ConfigurationError, match="host of its row was altered"):
        await cast.of(calling(number, base_url=thief), {})
    assert built == []
    await cast.aclose()


async def test_a_lost_credential_and_a_database_away_are_told_apart(office: Office) -> None:
    cast = ProviderCache(office.node.store, office.node.vault, office.node.prover.uses)
    with pytest.raises(ConfigurationError, match="lost its credential 99"):
        await cast.of(calling(99), {})

    office.store.goes_away()
    with pytest.raises(ProviderUnavailable, match="cannot be read now"):
        await cast.of(calling(1), {})


async def test_what_the_voice_detectors_drop_is_known_while_they_are_up(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(silero, "_BACKLOG_WINDOWS", 0)  # a machine that can keep up with nothing
    cast = ProviderCache(office.node.store, office.node.vault, Counter())
    assert cast.windows_dropped == 0
    assistant = msgspec.structs.replace(an_assistant(vad=Provider("silero")), tts=Provider("tone"))
    providers = await cast.of(assistant, {})
    detector = providers.vad.detector(lambda edge: None)
    for number in range(10):
        detector.feed(number * 32, b"\x9f" * 128 + b"\x1f" * 128)
    assert cast.windows_dropped == 10
    await cast.aclose()


async def test_how_long_speech_waits_for_a_local_recogniser_is_known_while_it_is_up(office: Office) -> None:
    cache = ProviderCache(office.node.store, office.node.vault, Counter())
    assert cache.waits == []
    assistant = msgspec.structs.replace(an_assistant(), stt=Provider("moonshine"), tts=Provider("tone"))
    ear = (await cache.of(assistant, {})).stt
    assert isinstance(ear, Moonshine)
    assert cache.waits == [ear.waits]
    await cache.aclose()


async def test_whatever_a_provider_raises_is_a_failure_of_that_provider_without_its_words(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(self: Any) -> None:
        raise KeyError("the secret is one")

    monkeypatch.setattr(Model, "start", broken)
    cast = ProviderCache(office.node.store, office.node.vault, office.node.prover.uses)
    with pytest.raises(ProviderUnavailable, match="spied: it could not be started: KeyError") as caught:
        await cast.of(calling(await keep(office)), {})
    assert "secret" not in str(caught.value)


async def test_a_page_of_facts_is_ready_before_the_first_call_and_one_that_is_missing_hinders_none(
    office: Office,
) -> None:
    tool = Provider("search_knowledge", {"page": "facts", "embeddings": ""})
    asks = msgspec.structs.replace(
        an_assistant(), id=office.assistant_id, tts=Provider("tone"), vad=Provider("energy"), tools=(tool,)
    )
    cache = ProviderCache(office.node.store, office.node.vault, Counter())
    with capture_logs() as logged:
        providers = await cache.of(asks, {})
        async with asyncio.timeout(60):
            while not logged:
                await asyncio.sleep(0.001)
    assert [(each["event"], each["page"]) for each in logged] == [("page_not_ready", "facts")]
    async with office.node.store.write() as tx:
        facts = stored([Passage("Hours", "Nine to six.")])
        await knowledge.put(tx, office.project_id, "facts", "", facts, NOON)
    asked = {"question": "what are your hours"}
    told = await providers.tools["search_knowledge"].run(asked, ToolCaller(1, {}, office.project_id))
    assert json.loads(told)["passages"] == [{"title": "Hours", "text": "Nine to six."}]
    await cache.aclose()
