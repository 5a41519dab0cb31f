"""Conversations over HTTP: what was said and heard, the files, and hanging up."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import numpy as np
import pytest
import pytest_asyncio

from rapida.audio import wav
from rapida.call.commands import Entry, Stages
from rapida.call.events import HangUpRequested
from rapida.call.happenings import ProviderFailed
from rapida.outbound.order import Placed
from rapida.store import contexts, conversation_list, conversations, events, recordings, turns
from rapida.store.conversations import GivenAnswer, StoredOutcome
from rapida.store.events import DatedHappening
from rapida.store.recordings import Recording
from rapida.store.turns import TranscriptLine, TurnTiming
from rapida.switchboard import filing
from rapida.switchboard.control import by_carrier
from tests.api.conftest import ServedApi, build_served_api
from tests.databases import Place
from tests.switchboard.calling_node import CallingNode, open_calling_node
from tests.switchboard.ready_node import CALL, NOON, context_of

DATABASES = ("sqlite",)  # lists, turns and events are tested beside the store

SOUND = bytes(range(256)) * 4


@pytest_asyncio.fixture
async def calling(place: Place) -> AsyncIterator[CallingNode]:
    async with open_calling_node(place) as opened:
        yield opened


async def a_call(api: ServedApi, **more: Any) -> int:
    """A finished call with a recording and a journal."""
    ready = api.ready
    context_id = context_of(await ready.rings(query="name=Ada"))
    await ready.opens_stream(context_id)
    async with ready.node.store.read() as tx:
        newest = (await conversation_list.page(tx, conversation_list.Wanted(ready.project_id), 1))[0]
    for folder, name, content in (("recordings", "wav", SOUND), ("journals", "jsonl", b'{"a":1}\n')):
        (api.data_dir / folder).mkdir(exist_ok=True)
        (api.data_dir / folder / f"{newest.id}.{name}").write_bytes(content)
    outcome = StoredOutcome(
        conversation_id=newest.id,
        end_reason="caller_hangup",
        started_at=NOON,
        ended_at=NOON + timedelta(seconds=9),
        turns=(
            TranscriptLine(0, 1, Entry("agent", "Hello there", heard="Hello", kind="said", cut=True), 40),
        ),
        stages=(TurnTiming(1, Stages(**dict.fromkeys(Stages.__struct_fields__, 5))),),
        events=(DatedHappening(NOON, ProviderFailed("llm", "away", "openai", True)),),
        recording=Recording(f"recordings/{newest.id}.wav", 9000, len(SOUND)),
        journal_path=f"journals/{newest.id}.jsonl",
        usage={"input_tokens": 3},
        answers=(GivenAnswer("message", "canary of a message"),),
    )
    async with ready.node.store.write() as tx:
        await conversations.finish(tx, outcome, NOON)
    return newest.id


async def test_a_conversation_is_read_with_everything_it_left_behind(api: ServedApi) -> None:
    number, key = await a_call(api), await api.a_key("viewer")
    told = (await api.ask("GET", f"/v1/conversations/{number}", key=key)).json()
    assert (told["status"], told["end_reason"], told["caller"]) == ("ended", "caller_hangup", "+15550001")
    assert told["arguments"] == {"name": "Ada"}
    assert (told["metadata"], told["dial"]) == ({}, None)
    assert told["turns"] == [
        {
            "turn_id": 1,
            "speaker": "agent",
            "text": "Hello there",
            "heard": "Hello",
            "kind": "said",
            "cut": True,
            "at_ms": 40,
        }
    ]
    assert (told["cost"], told["uses"]) == (None, []), "it is not counted yet"
    assert told["answers"] == [{"slot": "message", "value": "canary of a message"}]
    assert told["metrics"][0]["stages"]["total_us"] == 5
    (event,) = told["events"]
    assert (event["name"], event["detail"]) == ("llm_failed", {"detail": "away"})
    assert event["happening"] == {
        "kind": "provider_failed",
        "family": "llm",
        "reason": "away",
        "provider": "openai",
        "retryable": True,
    }
    assert (told["legs"][0]["call_sid"], told["legs"][0]["verified"]) == (CALL, True)
    assert told["recording"] == {"duration_ms": 9000, "size_bytes": len(SOUND)}
    assert (told["started_at"], told["ended_at"]) == ("2026-11-22T12:00:00Z", "2026-11-22T12:00:09Z")


async def test_of_a_deleted_conversation_no_word_sound_or_number_is_left_anywhere(api: ServedApi) -> None:
    number, key = await a_call(api), await api.a_key("admin")
    canaries = [b"Hello there", b"zanzibar", b"Zanzibar", b"+15550001", b"Ada", b"canary in the journal"]
    journal = api.data_dir / "journals" / f"{number}.jsonl"
    journal.write_bytes(b'{"text": "canary in the journal"}')
    async with api.ready.node.store.write() as tx:
        happened = DatedHappening(NOON, ProviderFailed("llm", "canary of an event", "openai", True))
        await events.add(tx, number, [happened])
        await turns.add(tx, number, [TranscriptLine(1, 1, Entry("caller", "To Zanzibar"))], [])
    assert await filing.file_some(api.ready.node) == 1
    answer = await api.ask("DELETE", f"/v1/conversations/{number}", key=key)
    assert (answer.status_code, answer.content) == (204, b"")
    told = (await api.ask("GET", f"/v1/conversations/{number}", key=key)).json()
    assert (told["caller"], told["callee"], told["arguments"], told["turns"], told["events"]) == (
        *("", ""),
        *({}, [], []),
    )
    assert told["answers"] == []
    assert (told["usage"], told["ended_at"]) == ({"input_tokens": 3}, "2026-11-22T12:00:09Z")
    assert told["erased_at"] is not None
    for tail in ("recording", "journal", "peaks", "timeline"):
        assert (await api.ask("GET", f"/v1/conversations/{number}/{tail}", key=key)).status_code == 404
    kept = b"".join(path.read_bytes() for path in api.data_dir.rglob("*") if path.is_file())
    assert [
        each for each in (*canaries, b"canary of an event", b"canary of a message", SOUND) if each in kept
    ] == []
    deeds = (await api.ask("GET", "/v1/audit", key=key)).json()["items"]
    assert (deeds[0]["action"], deeds[0]["subject"]) == ("conversation.delete", f"conversation:{number}")


async def test_a_list_tells_what_calls_were_like_some_seconds_after_their_end(api: ServedApi) -> None:
    number, key = await a_call(api), await api.a_key("viewer")

    async def listed() -> Any:
        return (await api.ask("GET", "/v1/conversations?text=HELLO", key=key)).json()["items"]

    assert await listed() == []
    async with api.ready.node.store.write() as tx:
        await recordings.add(tx, number, Recording("recordings/2.wav", 1, 1, bytes(range(128))), NOON)
    assert await filing.file_some(api.ready.node) == 1
    assert await filing.file_some(api.ready.node) == 0
    [told] = await listed()
    assert (told["id"], told["assistant_name"], told["duration_ms"]) == (number, "Front desk", 9000)
    assert b64decode(told["shape"]) == bytes(range(128))
    assert told["reply_ms"] == {"usual": 0, "slowest": 0}
    assert told["moments"] == {"cut": 0, "false_alarms": 0, "failed": 1, "tools": 0}


async def test_a_conversation_that_goes_on_is_not_deleted(api: ServedApi) -> None:
    key = await api.a_key("admin")
    await api.ready.rings()
    async with api.ready.node.store.read() as tx:
        number = (await conversation_list.page(tx, conversation_list.Wanted(api.ready.project_id), 1))[0].id
    answer = await api.ask("DELETE", f"/v1/conversations/{number}", key=key)
    assert (answer.status_code, answer.json()["code"]) == (409, "conflict")
    assert "end it first" in answer.json()["detail"]
    assert (await api.ask("GET", f"/v1/conversations/{number}", key=key)).json()["erased_at"] is None


async def test_conversations_are_listed_newest_first_and_by_assistant_and_status(api: ServedApi) -> None:
    ready, key = api.ready, await api.a_key("viewer")
    for number in range(3):
        await ready.rings(CallSid=f"CA{number:032}")
    first = (await api.ask("GET", "/v1/conversations?limit=2", key=key)).json()
    rest = (await api.ask("GET", f"/v1/conversations?cursor={first['next_cursor']}", key=key)).json()
    ids = [each["id"] for each in first["items"] + rest["items"]]
    assert ids == sorted(ids, reverse=True)
    assert len(ids) == 3
    for query, count in (
        (f"assistant_id={ready.assistant_id}", 3),
        ("assistant_id=99", 0),
        ("status=live", 0),
        ("direction=inbound&number=%2B15550001&since=2026-01-01T00:00:00Z", 3),
        ("until=2026-01-01T00:00:00%2B02:00", 0),
        ("end_reason=idle", 0),
        ("version=1&call_status=completed", 0),
        ("min_duration_s=0", 0),
        ("slower_than_ms=900", 0),
        ("happened=cut", 0),
        ("text=hello+there", 0),
    ):
        found = (await api.ask("GET", f"/v1/conversations?{query}", key=key)).json()["items"]
        assert len(found) == count, query
    for wrong in (
        "status=odd",
        "happened=nothing",
        "direction=up",
        "since=yesterday",
        "since=2026-01-01T00:00:00",
        "version=0",
        "text=--",
    ):
        assert (await api.ask("GET", f"/v1/conversations?{wrong}", key=key)).status_code == 422, wrong


@pytest.mark.parametrize(
    ("asked", "status", "got"),
    [
        (None, 200, SOUND),
        ("bytes=0-9", 206, SOUND[:10]),
        ("bytes=1000-", 206, SOUND[1000:]),
        ("bytes=-4", 206, SOUND[-4:]),
        ("bytes=5000-", 416, None),
    ],
)
async def test_a_recording_is_sent_whole_or_in_part(
    api: ServedApi, asked: str | None, status: int, got: bytes | None
) -> None:
    number, key = await a_call(api), await api.a_key("viewer")
    headers = {} if asked is None else {"range": asked}
    answer = await api.ask("GET", f"/v1/conversations/{number}/recording", key=key, headers=headers)
    assert answer.status_code == status
    if got is not None:
        assert answer.content == got
        assert answer.headers["content-type"] == "audio/wav"
        assert answer.headers["accept-ranges"] == "bytes"


async def test_taking_a_recording_or_journal_out_is_written_down(api: ServedApi) -> None:
    number, key = await a_call(api), await api.a_key("admin")
    journal = await api.ask("GET", f"/v1/conversations/{number}/journal", key=key)
    assert (journal.content, journal.headers["content-type"]) == (b'{"a":1}\n', "application/x-ndjson")
    await api.ask("GET", f"/v1/conversations/{number}/recording", key=key)
    deeds = (await api.ask("GET", "/v1/audit", key=key)).json()["items"]
    assert [each["action"] for each in deeds[:2]] == ["recording.read", "journal.read"]
    assert deeds[0]["subject"] == f"conversation:{number}"


async def test_a_player_that_seeks_is_one_line_of_the_audit_and_the_next_day_another(api: ServedApi) -> None:
    number, key, ready = await a_call(api), await api.a_key("admin"), api.ready
    for begin in range(0, 900, 300):
        headers = {"range": f"bytes={begin}-"}
        await api.ask("GET", f"/v1/conversations/{number}/recording", key=key, headers=headers)
    ready.clock.now += timedelta(days=1)
    await api.ask("GET", f"/v1/conversations/{number}/recording", key=key)
    deeds = (await api.ask("GET", "/v1/audit", key=key)).json()["items"]
    assert [each["action"] for each in deeds].count("recording.read") == 2


async def test_the_outline_of_a_recording_is_drawn_once_and_kept_beside_it(api: ServedApi) -> None:
    number, key = await a_call(api), await api.a_key("viewer")
    path = api.data_dir / "recordings" / f"{number}.wav"
    with path.open("wb") as file:
        writer = wav.WavWriter(file, wav.Format(channels=2))
        writer.write(np.array([[0, 25600]] * 160 + [[-25600, 0]] * 160, "<i2").tobytes())
        writer.close()
    told = (await api.ask("GET", f"/v1/conversations/{number}/peaks", key=key)).json()
    assert (told["channels"], told["samples_per_pixel"], told["length"]) == (2, 160, 2)
    assert told["data"] == [0, 0, 100, 100, -100, -100, 0, 0]
    path.unlink()
    assert (await api.ask("GET", f"/v1/conversations/{number}/peaks", key=key)).json() == told
    assert (await api.ask("GET", f"/v1/conversations/{number + 1}/peaks", key=key)).status_code == 404


async def test_a_file_that_is_gone_or_outside_is_not_found(api: ServedApi) -> None:
    number, key = await a_call(api), await api.a_key()
    path = f"/v1/conversations/{number}/recording"
    (api.data_dir / "recordings" / f"{number}.wav").unlink()
    assert (await api.ask("GET", path, key=key)).status_code == 404
    (api.data_dir / "recordings" / f"{number}.wav").symlink_to("/etc/hostname")
    assert (await api.ask("GET", path, key=key)).status_code == 404


async def test_hanging_up_tells_the_call_and_is_refused_when_there_is_none(api: ServedApi) -> None:
    ready, key = api.ready, await api.a_key("editor")
    context_id = context_of(await ready.rings())
    async with ready.node.store.read() as tx:
        number = (await conversation_list.page(tx, conversation_list.Wanted(ready.project_id), 1))[0].id
    told: list[object] = []
    leave = ready.node.bus.join(context_id, told.append)
    answer = await api.ask("POST", f"/v1/conversations/{number}/hangup", key=key)
    assert (answer.status_code, told) == (202, [HangUpRequested("operator")])
    leave()
    again = await api.ask("POST", f"/v1/conversations/{number}/hangup", key=key)
    assert (again.status_code, again.json()["code"]) == (409, "conflict")
    async with ready.node.store.write() as tx:
        await contexts.end(tx, context_id, ready.clock.now)
    assert (await api.ask("POST", f"/v1/conversations/{number}/hangup", key=key)).status_code == 409
    told_twice = [f"conversation:{number}"] * 2
    assert await hang_ups(api) == told_twice, "each order is written down, if there was a call it could end"


async def test_hanging_up_on_a_call_that_waits_for_its_turn_calls_it_off(calling: CallingNode) -> None:
    api = build_served_api(calling.ready)
    placed, key = await calling.queued(), await api.a_key("editor")
    path = f"/v1/conversations/{placed.conversation_id}/hangup"
    answer = await api.ask("POST", path, key=key)
    told = answer.json()
    assert (answer.status_code, told["status"], told["end_reason"]) == (202, "ended", "operator_hangup")
    read = await api.ask("GET", f"/v1/conversations/{placed.conversation_id}", key=key)
    assert [each["name"] for each in read.json()["events"]] == ["dial_operator_hangup"]
    assert read.json()["legs"][0]["status"] == "ended"
    assert (await calling.intent(placed)).status == "refused"
    assert (await api.ask("POST", path, key=key)).status_code == 409
    assert await hang_ups(api) == [f"conversation:{placed.conversation_id}"]


async def test_an_outbound_call_shows_its_metadata_and_how_it_stands(calling: CallingNode) -> None:
    api = build_served_api(calling.ready)
    metadata, key = {"order": 7, "tags": ["a"]}, await api.a_key("viewer")

    async def read(placed: Placed) -> Any:
        return (await api.ask("GET", f"/v1/conversations/{placed.conversation_id}", key=key)).json()

    queued = await calling.queued(metadata=metadata)
    told = await read(queued)
    assert told["metadata"] == metadata
    assert (told["dial"]["status"], told["dial"]["reason"], told["dial"]["attempts"]) == ("queued", None, 0)
    assert told["dial"]["not_after"] == "2026-11-22T12:10:00Z"
    await calling.limit(credential=True)
    calling.twilio.status, calling.twilio.body = 400, {"code": 21219, "message": "trial", "status": 400}
    dial = (await read(await calling.place()))["dial"]
    assert (dial["status"], dial["attempts"]) == ("refused", 1)
    assert "verify the number" in dial["reason"]


async def test_a_call_that_is_just_being_dialled_cannot_be_called_off(calling: CallingNode) -> None:
    api = api_of(calling)
    placed, key = await calling.dialling(), await api.a_key("editor")
    asked = len(calling.twilio.asked)
    answer = await api.ask("POST", f"/v1/conversations/{placed.conversation_id}/hangup", key=key)
    assert (answer.status_code, answer.json()["code"]) == (409, "conflict")
    assert "try again in a moment" in answer.json()["detail"]
    assert (await calling.intent(placed)).status == "dialling"
    assert (len(calling.twilio.asked), await hang_ups(api)) == (asked, [])


async def test_a_call_that_rings_is_ended_by_its_carrier(calling: CallingNode) -> None:
    api = api_of(calling)
    placed, key = await calling.place(), await api.a_key("editor")
    path = f"/v1/conversations/{placed.conversation_id}/hangup"
    answer = await api.ask("POST", path, key=key)
    assert (answer.status_code, answer.json()["status"]) == (202, "waiting")
    assert calling.twilio.asked[-1].path.endswith(f"/Calls/{placed.carrier_call_id}.json")
    assert calling.twilio.asked[-1].form == {"Status": ["completed"]}
    await calling.ready.reports(
        placed.context_id, CallSid=placed.carrier_call_id, CallStatus="canceled", SequenceNumber="2"
    )
    assert (await calling.conversation(placed)).end_reason == "canceled"
    asked = len(calling.twilio.asked)
    assert (await api.ask("POST", path, key=key)).status_code == 409
    assert len(calling.twilio.asked) == asked
    assert await hang_ups(api) == [f"conversation:{placed.conversation_id}"]


async def test_a_call_that_another_server_holds_is_ended_by_its_carrier(calling: CallingNode) -> None:
    api = api_of(calling)
    await calling.ready.opens_stream(context_of(await calling.ready.rings()))
    key = await api.a_key("editor")
    [shown] = (await api.ask("GET", "/v1/conversations", key=key)).json()["items"]
    answer = await api.ask("POST", f"/v1/conversations/{shown['id']}/hangup", key=key)
    assert (answer.status_code, answer.json()["status"]) == (202, "live")
    [asked] = calling.twilio.asked
    assert (asked.path.rpartition("/")[2], asked.form) == (f"{CALL}.json", {"Status": ["completed"]})


async def test_a_call_that_its_carrier_does_not_know_is_closed_when_it_is_hung_up(
    calling: CallingNode,
) -> None:
    api = api_of(calling)
    placed, key = await calling.place(), await api.a_key("editor")
    calling.twilio.status, calling.twilio.body = 404, {"code": 20404, "message": "no", "status": 404}
    path = f"/v1/conversations/{placed.conversation_id}"
    answer = await api.ask("POST", f"{path}/hangup", key=key)
    told = answer.json()
    assert (answer.status_code, told["status"], told["end_reason"]) == (202, "ended", "unknown")
    shown = (await api.ask("GET", path, key=key)).json()
    assert "knows no such call" in shown["unreported"]
    assert f"/ctx/{placed.context_id}/event" in shown["unreported"]
    assert (await api.ask("POST", f"{path}/hangup", key=key)).status_code == 409
    assert await hang_ups(api) == [f"conversation:{placed.conversation_id}"]


@pytest.mark.parametrize(
    ("status", "code", "said"), [(401, 20003, "do not fit"), (503, 20503, "Twilio error 20503")]
)
async def test_a_carrier_that_does_not_end_a_call_is_a_502_and_the_order_is_on_record(
    calling: CallingNode, status: int, code: int, said: str
) -> None:
    api = api_of(calling)
    placed, key = await calling.place(), await api.a_key("editor")
    calling.twilio.status, calling.twilio.body = status, {"code": code, "message": "no", "status": status}
    answer = await api.ask("POST", f"/v1/conversations/{placed.conversation_id}/hangup", key=key)
    assert (answer.status_code, answer.json()["code"]) == (502, "provider")
    assert said in answer.json()["detail"]
    assert await hang_ups(api) == [f"conversation:{placed.conversation_id}"]


def api_of(calling: CallingNode) -> ServedApi:
    """An API whose calls the carrier's double can end."""
    return build_served_api(calling.ready, complete=by_carrier(calling.ready.node, calling.carriers))


async def hang_ups(api: ServedApi) -> list[str]:
    """Whose hang-ups the audit tells of."""
    deeds = (await api.ask("GET", "/v1/audit", key=await api.a_key())).json()["items"]
    return [each["subject"] for each in deeds if each["action"] == "conversation.hangup"]
