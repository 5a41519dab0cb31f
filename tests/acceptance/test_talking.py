"""Talking to an assistant without a telephone: by a page's sound, and in writing."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path
from typing import Any
from uuid import UUID

import numpy as np
import pytest_asyncio
from argon2 import PasswordHasher

from rapida.app import running
from rapida.assistant import Provider
from rapida.audio.g711 import encode_block
from rapida.call import events as e
from rapida.call.happenings import CallerPressedKey
from rapida.llm.scripted import ScriptedReply
from rapida.node.clock import utc_now
from rapida.settings import Settings
from rapida.store import api_keys, contexts, deployments, talks
from rapida.store.deployments import PhoneOptions
from rapida.store.users import Role
from rapida.switchboard.claims import sweep
from rapida.telemetry.journal import Reading
from rapida.telephony.browser.stream import MOST_CHARACTERS
from rapida.vault import tokens
from rapida.vault.passwords import Passwords
from rapida.workspace.people import NewUser, People
from tests.doubles.browser_double import Page

from .carrier import Carrier
from .server import GREETING, InProcessServer, Kept, assistant, opened, spoken, until

LONG = "We are open from nine to five on weekdays, and from ten to four at weekends, except on holidays."


@pytest_asyncio.fixture
async def server(tmp_path: Path) -> AsyncIterator[InProcessServer]:
    async with opened(tmp_path / "data") as made:
        yield made


async def project_of(server: InProcessServer) -> int:
    async with server.store.read() as tx:
        demo = await deployments.demo(tx)
    assert demo is not None
    return demo.project_id


async def a_program(server: InProcessServer, role: Role = "editor") -> Page:
    token = tokens.new_api_key()
    project_id = await project_of(server)
    async with server.store.write() as tx:
        draft = api_keys.NewApiKey(project_id, f"A {role}'s", role)
        await api_keys.create(tx, draft, token.prefix, token.digest, utc_now())
    return Page(server.address, {"authorization": f"Bearer {token.text}"})


async def a_person(server: InProcessServer, email: str = "owner@example.com") -> Page:
    """Signed in, on a page of this server."""
    quick = Passwords(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
    await People(server.store, utc_now, quick).add(
        NewUser(email, email, "correct horse battery"), 1, "editor", "t"
    )
    page = Page(server.address, {"origin": f"http://{server.address}"})
    login = {"email": email, "password": "correct horse battery"}
    answer = await page.asks("POST", "/v1/auth/login", json=login)
    assert answer.status_code == 200, answer.text
    cookie = "; ".join(f"{name}={value}" for name, value in answer.cookies.items())
    page.headers |= {"cookie": cookie, "x-csrf-token": answer.json()["csrf_token"]}
    return page


async def journal_of(kept: Kept) -> Reading:
    """It is written beside the call, and may be on the disk a moment later."""
    path = kept.data_dir / (kept.conversation.journal_path or "")
    await until(lambda: path.is_file() and b"EndCall" in path.read_bytes())
    return kept.journal()


def a_voice(for_ms: int) -> bytes:
    samples = 6000 * np.sin(np.arange(for_ms * 8) * 2 * np.pi * 300 / 8000)
    return encode_block(samples.astype(np.int16))


async def test_a_page_talks_by_sound_and_leaves_a_conversation_like_any_other(
    server: InProcessServer,
) -> None:
    number = await server.install(assistant(["Fine, thank you."], hears=["how are you"]))
    page = await a_person(server)
    async with page.talks(number, variables={"customer": "Ada"}) as handset:
        await handset.until_line(GREETING)
        handset.says(a_voice(600))
        await handset.until_line("Fine, thank you.")
        assert handset.lines("caller") == ["how are you"]
        assert handset.heard == await spoken(GREETING) + await spoken("Fine, thank you.")
        assert {each["state"] for each in handset.events("state")} >= {"agent", "caller", "listens"}
        assert [each["turn_id"] for each in handset.events("reply")]
    kept = await server.kept(handset.opened["conversation_id"])
    conversation = kept.conversation
    assert (conversation.channel, conversation.direction) == ("browser", "inbound")
    assert (conversation.end_reason, conversation.arguments) == ("caller_hangup", {"customer": "Ada"})
    assert kept.said == [("agent", GREETING), ("caller", "how are you"), ("agent", "Fine, thank you.")]
    assert [line.entry.heard for line in kept.lines if line.entry.speaker == "agent"] == [
        GREETING,
        "Fine, thank you.",
    ]
    assert np.abs(kept.sound()[0].astype(int)).max() > 3000
    timeline = await page.asks("GET", f"/v1/conversations/{conversation.id}/timeline")
    assert [line["text"] for line in timeline.json()["lines"]] == [
        GREETING,
        "how are you",
        "Fine, thank you.",
    ]
    listed = await page.asks("GET", "/v1/conversations?channel=browser")
    assert [each["id"] for each in listed.json()["items"]] == [conversation.id]
    assert (await page.asks("GET", "/v1/conversations?channel=phone")).json()["items"] == []


async def test_keys_and_typed_lines_reach_a_call_by_sound_and_a_line_takes_the_floor(
    server: InProcessServer,
) -> None:
    number = await server.install(assistant([LONG, "All right.", "Two."]))
    async with (await a_program(server)).talks(number) as handset:
        await handset.until_line(GREETING)
        await handset.writes("When are you open?")
        await handset.until_words("We are open")
        await handset.until_heard(len(await spoken(GREETING)) + 1600)
        await handset.writes("Never mind.")
        await handset.until_line("All right.")
        await handset.presses("2#")
        await handset.until_line("Two.")
    kept = await server.kept(handset.opened["conversation_id"])
    assert {"event": "clear"} in handset.told
    (cut,) = [entry for entry in kept.entries("agent") if entry.text == LONG]
    assert cut.cut
    assert cut.heard != LONG
    assert LONG.startswith(cut.heard)
    assert [entry.text for entry in kept.entries("caller")] == ["When are you open?", "Never mind.", "2"]
    assert kept.happened(CallerPressedKey) == [CallerPressedKey("2"), CallerPressedKey("#")]


async def test_in_writing_no_ear_and_no_voice_is_needed(server: InProcessServer) -> None:
    dumb = assistant(
        ["Fine, thank you.", "Goodbye."], stt=Provider("nobody"), tts=Provider("nobody"), vad=Provider("no")
    )
    number = await server.install(dumb)
    page = await a_person(server)
    async with page.talks(number, channel="text") as handset:
        await handset.until_line(GREETING)
        await handset.writes("How are you?")
        line = await handset.until_line("Fine, thank you.")
        assert (line["heard"], line["cut"]) == ("Fine, thank you.", False)
        assert handset.heard == b""
        await handset.until_words("Fine, thank you.")
    kept = await server.kept(handset.opened["conversation_id"])
    assert kept.conversation.channel == "text"
    assert kept.said[:3] == [("agent", GREETING), ("caller", "How are you?"), ("agent", "Fine, thank you.")]
    assert kept.recordings == []
    journal = await journal_of(kept)
    assert [event for _, event in journal.events if isinstance(event, e.CallerWrote)] == [
        e.CallerWrote("How are you?")
    ]
    assert journal.head.assistant.stt == Provider("typed")


async def test_an_agent_that_hangs_up_closes_the_socket_in_order(server: InProcessServer) -> None:
    number = await server.install(assistant([ScriptedReply("Goodbye.", tool="end_call")]))
    async with (await a_program(server)).talks(number, channel="text") as handset:
        await handset.writes("That was all.")
        assert await handset.until_closed() == 1000
    kept = await server.kept(handset.opened["conversation_id"])
    assert kept.conversation.end_reason == "agent_hangup"


async def test_a_person_may_end_a_talk_from_outside(server: InProcessServer) -> None:
    number = await server.install(assistant())
    page = await a_program(server)
    async with page.talks(number, channel="text") as handset:
        await handset.until_line(GREETING)
        answer = await page.asks("POST", f"/v1/conversations/{handset.opened['conversation_id']}/hangup")
        assert answer.status_code == 202
        assert await handset.until_closed() == 1000
    kept = await server.kept(handset.opened["conversation_id"])
    assert kept.conversation.end_reason == "operator_hangup"


async def test_a_closed_page_is_a_caller_who_has_gone(server: InProcessServer) -> None:
    number = await server.install(assistant())
    page = await a_program(server)
    talk = await page.opens_talk(number, channel="text")
    async with page.socket(talk["socket_path"]) as socket:
        await socket.send(json.dumps({"event": "start"}))
        assert "Welcome" in await socket.recv(decode=True)
    assert (await server.kept(talk["conversation_id"])).conversation.end_reason == "caller_hangup"


async def test_a_draft_answers_and_is_not_saved(server: InProcessServer) -> None:
    number = await server.install(assistant())
    page = await a_program(server)
    scripted = {"name": "scripted", "options": {"replies": [{"text": "From the draft."}]}}
    draft: dict[str, Any] = {
        "name": "Another name",
        "stt": {"name": "scripted"},
        "llm": scripted,
        "tts": {"name": "tone"},
        "vad": {"name": "energy"},
        "greeting": "Hello {{customer}}!",
    }
    async with page.talks(number, draft=draft, channel="text", variables={"customer": "Ada"}) as handset:
        await handset.until_line("Hello Ada!")
        await handset.writes("Who are you?")
        await handset.until_line("From the draft.")
    kept = await server.kept(handset.opened["conversation_id"])
    assert (kept.conversation.assistant_id, kept.conversation.assistant_version) == (number, 0)
    assert (await journal_of(kept)).head.assistant.name == "Another name"
    versions = await page.asks("GET", f"/v1/assistants/{number}/versions")
    assert [each["version"] for each in versions.json()["items"]] == [1]
    async with server.store.read() as tx:
        assert await talks.find(tx, kept.contexts[0].id) is None, "the journal has it from here on"


async def test_what_is_wrong_with_a_talk_is_named(server: InProcessServer) -> None:
    number = await server.install(assistant())
    page = await a_program(server)

    async def refused(**body: Any) -> tuple[int, str, list[str]]:
        answer = await page.asks("POST", "/v1/talk/browser", json=body)
        told = answer.json()
        return answer.status_code, told["code"], [each["field"] for each in told.get("errors", [])]

    provider = {"name": "scripted"}
    draft = {"name": "A", "stt": provider, "llm": provider, "tts": {"name": "nobody"}, "zone": "Nowhere"}
    assert await refused(assistant_id=number, draft=draft) == (422, "invalid", ["zone", "tts.name"])
    assert await refused(assistant_id=number, draft=draft, version=1) == (422, "invalid", ["version"])
    assert await refused(assistant_id=4_000_000) == (404, "not_found", [])
    assert await refused(assistant_id=number, version=7) == (404, "not_found", [])
    assert await refused(assistant_id=number, channel="phone") == (422, "invalid", ["channel"])
    unheard = {"name": "A", "stt": {"name": "typed"}, "llm": provider, "tts": {"name": "written"}}
    assert await refused(assistant_id=number, draft=unheard) == (422, "invalid", ["stt.name", "tts.name"])
    viewer = await a_program(server, "viewer")
    answer = await viewer.asks("POST", "/v1/talk/browser", json={"assistant_id": number})
    assert answer.status_code == 403


async def test_a_talk_takes_one_of_the_assistants_places(server: InProcessServer) -> None:
    number = await server.install(assistant(), options=PhoneOptions(concurrent_calls=1))
    page = await a_program(server)
    async with page.talks(number, channel="text") as handset:
        await handset.until_line(GREETING)
        full = await page.asks("POST", "/v1/talk/browser", json={"assistant_id": number})
        assert (full.status_code, full.json()["code"]) == (429, "busy")
        assert int(full.headers["retry-after"]) > 0
    await server.idle()
    await page.opens_talk(number)
    server.rapida.ending.order()
    late = await page.asks("POST", "/v1/talk/browser", json={"assistant_id": number})
    assert (late.status_code, late.json()["code"]) == (429, "busy")


async def test_a_persons_talk_is_opened_by_that_persons_session_from_our_own_page(
    server: InProcessServer,
) -> None:
    number = await server.install(assistant())
    page = await a_person(server)
    other = await a_person(server, "other@example.com")
    path = (await page.opens_talk(number, channel="text"))["socket_path"]
    assert (await Page(server.address).refusal(path))[0] == 403
    assert (await page.refusal(path, origin="https://evil.example.com"))[0] == 403
    without_origin = Page(server.address, {"cookie": page.headers["cookie"]})
    assert (await without_origin.refusal(path))[0] == 403
    status, told = await other.refusal(path)
    assert (status, told) == (403, "this context is another person's: make one of your own")
    async with page.socket(path):
        assert (await page.refusal(path))[0] == 409


async def test_a_programs_talk_is_opened_once_by_whoever_is_told_of_it(server: InProcessServer) -> None:
    number = await server.install(assistant())
    page = await a_program(server)
    path = (await page.opens_talk(number, channel="text"))["socket_path"]
    stranger = Page(server.address)
    assert (await stranger.refusal(path, origin="https://evil.example.com"))[0] == 403
    assert (await stranger.refusal(path, host="evil.example.com"))[0] == 403
    async with stranger.socket(path):
        assert (await stranger.refusal(path))[0] == 409
    late = await page.opens_talk(number)
    async with server.store.write() as tx:
        await contexts.extend(tx, UUID(late["context_id"]), utc_now(), utc_now())
    assert (await stranger.refusal(late["socket_path"]))[0] == 410
    assert await sweep(server.rapida.node) == 1
    missed = await server.kept(late["conversation_id"])
    assert missed.conversation.end_reason == "no_stream"
    assert server.metric("rapida_calls_missed_total", reason="no_stream") == 0, "somebody has closed a page"
    nowhere = "/v1/talk/browser/ctx/00000000-0000-4000-8000-000000000000"
    assert (await stranger.refusal(nowhere))[0] == 404
    assert (await stranger.refusal("/v1/talk/browser/ctx/{context_id}"))[0] == 404


async def test_a_carriers_context_is_none_of_a_browsers_and_the_other_way_round(
    server: InProcessServer,
) -> None:
    number = await server.install(assistant())
    async with Carrier(server) as carrier:
        url = await carrier.announces(number, "CA" + "6" * 32)
        context = url.rpartition("/")[2]
        assert (await Page(server.address).refusal(f"/v1/talk/browser/ctx/{context}"))[0] == 404
        talk = await (await a_program(server)).opens_talk(number)
        own = f"wss://{server.host}/v1/talk/twilio/ctx/{talk['context_id']}"
        assert (await carrier.refusal(own))[0] == 403


async def test_a_stream_that_breaks_the_protocol_ends_alone(server: InProcessServer) -> None:
    number = await server.install(assistant())
    page = await a_program(server)
    async with page.talks(number, channel="text") as other, page.talks(number) as handset:
        await other.until_line(GREETING)
        await handset.tells(event="say", say={"text": "x" * (MOST_CHARACTERS + 1)})
        assert await handset.until_closed() == 1008
        await other.writes("Still there?")
        await other.until_line("Fine.")


async def test_another_server_of_the_database_takes_the_stream(server: InProcessServer) -> None:
    number = await server.install(assistant(["From next door."]))
    page = await a_program(server)
    talk = await page.opens_talk(number, channel="text", draft=None)
    beside = Settings(data_dir=server.data_dir, host="127.0.0.1", port=0)
    async with running(beside, drain_s=0.0) as other:
        neighbour = Page(f"127.0.0.1:{other.port}")
        async with neighbour.socket(talk["socket_path"]) as socket:
            await socket.send(json.dumps({"event": "start"}))
            await socket.send(json.dumps({"event": "say", "say": {"text": "Hello?"}}))
            with suppress(TimeoutError):
                while "From next door." not in await socket.recv(decode=True):
                    pass
            await socket.send(json.dumps({"event": "stop"}))
            await other.calls.idle()
    kept = await server.recorded(talk["conversation_id"])
    assert ("agent", "From next door.") in kept.said
