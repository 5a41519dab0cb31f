"""What forgers, wrong addresses and broken streams get, and that nobody else notices."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import UUID, uuid4

import pytest
import pytest_asyncio
from sqlalchemy import update

import rapida.server
from rapida.simulator.twilio.chaos import MALFORMED, Chaos
from rapida.simulator.twilio.network import Account
from rapida.simulator.twilio.script import AfterAgent, At, HangUp, Nothing, Step
from rapida.sockets.picows import media_protocol
from rapida.store.deployments import PhoneOptions
from rapida.store.tables import contexts
from rapida.switchboard import refusals

from .carrier import Carrier, close_code, start_message
from .server import GREETING, InProcessServer, assistant, opened, spoken, until, wrong

STRANGER = Account("AC" + "9" * 32, "9" * 32)
HANG_UP = Step(AfterAgent(100), HangUp())


pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def server(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[InProcessServer]:
    """One for all: nothing of what is tried here may disturb what comes after it."""
    data_dir = tmp_path_factory.mktemp("bad-input") / "data"
    async with opened(data_dir, public_host="voice.example.com") as server:
        yield server


@pytest.fixture
def call() -> str:
    """A call that nobody has heard of."""
    return f"CA{uuid4().hex}"


@pytest_asyncio.fixture(loop_scope="module")
async def carrier(server: InProcessServer) -> AsyncIterator[Carrier]:
    async with Carrier(server) as carrier:
        yield carrier


# Who is it? -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("signature", ["forged", "missing"])
async def test_an_unproved_webhook_gets_403_and_leaves_no_trace(
    server: InProcessServer, signature: str
) -> None:
    number, before = await server.install(assistant()), await server.counted()
    unproved = server.metric("rapida_webhooks_total", answer="unproved")
    report = await server.ring(number, chaos=Chaos(webhook_signature=signature))  # type: ignore[arg-type]
    assert [webhook.status for webhook in report.webhooks] == [403]
    assert report.end == "application error"
    assert await server.counted() == before
    assert server.metric("rapida_webhooks_total", answer="unproved") == unproved + 1


async def test_another_account_proves_nothing(server: InProcessServer, call: str) -> None:
    number, before = await server.install(assistant()), await server.counted()
    async with Carrier(server, STRANGER) as stranger:
        own = await stranger.asks(f"/call/{number}", stranger.form(call))
        borrowed = await stranger.asks(f"/call/{number}", stranger.form(call, AccountSid=server.account.sid))
    assert (own.status, borrowed.status) == (403, 403)
    assert await server.counted() == before


@pytest.mark.parametrize("signature", ["forged", "missing"])
async def test_an_unproved_socket_gets_403_and_uses_nothing_up(
    server: InProcessServer, carrier: Carrier, call: str, signature: str
) -> None:
    number = await server.install(assistant())
    url = await carrier.announces(number, call)
    status, problem = await carrier.refusal(url, signature)  # type: ignore[arg-type]
    assert (status, problem["code"]) == (403, "not_proved")
    async with Carrier(server, STRANGER) as stranger:
        assert (await stranger.refusal(url))[0] == 403
    socket = await carrier.plugs_in(url)
    await socket.close()


async def test_an_unproved_callback_gets_403_and_ends_nothing(
    server: InProcessServer, carrier: Carrier, call: str
) -> None:
    number = await server.install(assistant())
    url = await carrier.announces(number, call)
    path = f"/ctx/{url.rpartition('/')[2]}/event"
    over = carrier.form(call, CallStatus="completed", SequenceNumber="0")
    assert (await carrier.asks(path, over, "forged")).status == 403
    assert (await carrier.asks(path, over, "missing")).status == 403
    other = await carrier.asks(path, {**over, "CallSid": "CA" + "8" * 32})
    assert other.status == 403, "proved, but about another call"
    socket = await carrier.plugs_in(url)
    await socket.close()


# Where to? --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("/call/424242", "no assistant"),
        ("/call/%7BassistantId%7D", "placeholder"),
        ("/call/front-desk", "a number"),
        ("/ctx/%7BcontextId%7D/event", "placeholder"),
        ("/ctx/5f0c4bb1-93f1-4a55-8a76-2d1d3d1d2f10/event", "no context"),
        ("/event/%7BassistantId%7D", "placeholder"),
    ],
)
async def test_an_address_to_nowhere_is_404_and_says_why(
    carrier: Carrier, call: str, path: str, told: str
) -> None:
    answer = await carrier.asks(path, carrier.form(call))
    assert answer.status == 404
    assert told in answer.body.decode()


async def test_sockets_of_unknown_used_and_expired_contexts_are_refused_before_the_upgrade(
    server: InProcessServer, carrier: Carrier, call: str
) -> None:
    number = await server.install(assistant())
    url = await carrier.announces(number, call)
    base = url.rpartition("/")[0]
    assert (await carrier.refusal(f"{base}/{uuid4()}"))[0] == 403, "as a forged one of any other"
    status, problem = await carrier.refusal(f"{base}/%7BcontextId%7D")
    assert (status, "placeholder" in problem["detail"]) == (404, True)
    socket = await carrier.plugs_in(url)
    assert (await carrier.refusal(url))[0] == 409
    await socket.close()
    late = await carrier.announces(number, "CA" + "6" * 32)
    late_id = UUID(late.rpartition("/")[2])
    async with server.store.write() as tx:
        past = update(contexts).values(expires_at=contexts.c.created_at)
        await tx.execute(past.where(contexts.c.id == late_id))
    assert (await carrier.refusal(late))[0] == 410
    await carrier.ends(late, "CA" + "6" * 32)
    assert server.metric("rapida_sockets_refused_total", status="410") == 1


async def test_without_a_public_host_only_the_demo_answers_and_the_problem_names_the_fix(
    tmp_path: Path, call: str
) -> None:
    async with opened(tmp_path / "data") as local, Carrier(local) as carrier:
        number, before = await local.install(assistant(), demo=False), await local.counted()
        for signature in ("valid", "forged"):
            answer = await carrier.asks(f"/call/{number}", carrier.form(call), signature)
            assert answer.status == 503
            assert "PUBLIC_ASSISTANT_HOST=calls.example.com" in answer.body.decode()
        assert await local.counted() == before


async def test_with_a_public_host_the_demo_is_switched_off_and_a_proved_call_hears_so(tmp_path: Path) -> None:
    async with opened(tmp_path / "data", public_host="voice.example.com") as server:
        assert server.rapida.demo is not None
        off = await server.ring(server.rapida.demo.assistant_id)
        number = await server.install(assistant(), demo=False)
        on = await server.ring(number, HANG_UP)
        forged = await server.ring(number, chaos=Chaos(webhook_signature="forged"))
    assert off.spoken == [refusals.NOT_CONNECTED]
    assert (off.status, wrong(off)) == ("completed", [])
    assert [webhook.content_type for webhook in off.webhooks] == ["text/xml; charset=utf-8"]
    assert on.heard.sound == await spoken(GREETING)
    assert "wss://voice.example.com/v1/talk/twilio/ctx/" in on.twiml[0]
    assert forged.webhooks[0].status == 403


# Proved, and unusual ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("caller", ["anonymous", "client:alice", "sip:bob@example.com", None])
async def test_callers_without_a_number_are_callers(
    server: InProcessServer, carrier: Carrier, call: str, caller: str | None
) -> None:
    number = await server.install(assistant())
    answer = await carrier.asks(f"/call/{number}", carrier.form(call, From=caller))  # type: ignore[arg-type]
    assert (answer.status, b"<Stream" in answer.body) == (200, True)


async def test_a_repeated_webhook_gets_the_same_document_and_creates_nothing(server: InProcessServer) -> None:
    number, before = await server.install(assistant()), await server.counted()
    repeated = server.metric("rapida_webhooks_total", answer="repeated")
    report = await server.ring(number, HANG_UP, chaos=Chaos(webhook_copies=4))
    assert len(set(report.twiml)) == 1
    assert len(report.twiml) == 4
    assert report.heard.sound == await spoken(GREETING)
    assert await server.counted() == (before[0] + 1, before[1] + 1)
    assert server.metric("rapida_webhooks_total", answer="repeated") == repeated + 3


async def test_more_callers_than_lines_hear_that_they_are_busy(
    server: InProcessServer, carrier: Carrier, call: str
) -> None:
    number = await server.install(assistant(), options=PhoneOptions(concurrent_calls=1))
    await carrier.announces(number, call)
    before = await server.counted()
    report = await server.ring(number)
    assert report.spoken == [refusals.BUSY]
    assert report.webhooks[0].status == 200
    assert await server.counted() == before


async def test_a_disabled_number_is_refused_in_words(server: InProcessServer) -> None:
    number, before = await server.install(assistant(), enabled=False), await server.counted()
    report = await server.ring(number)
    assert (report.spoken, report.end) == ([refusals.NOT_CONNECTED], "refused")
    assert await server.counted() == before


# Broken streams ---------------------------------------------------------------------------------------------

CODES = {
    "binary": 1003,
    "not-json": 1003,
    "not-object": 1008,
    "no-event": 1008,
    "no-payload": 1008,
    "bad-base64": 1008,
    "oversize": 1009,
    "foreign-start": 1008,
}


async def test_broken_messages_close_their_own_stream_with_the_right_code_and_no_other(
    server: InProcessServer,
) -> None:
    long = "Everybody else is listening to this and hears it to its very end, whatever the others send us."
    number = await server.install(assistant(greeting=long))
    assert CODES.keys() | {"unknown-event"} == MALFORMED.keys()
    closed = [server.closed(code) for code in (1003, 1008, 1009)]
    calm, patient = Step(AfterAgent(200), HangUp()), Step(At(20), Nothing())
    reports = await asyncio.gather(
        server.ring(number, calm),
        server.ring(number, calm, chaos=Chaos(malformed=("unknown-event",))),
        *(server.ring(number, patient, chaos=Chaos(malformed=(name,))) for name in CODES),
    )
    neighbour, odd, *broken = reports
    for report in (neighbour, odd):
        assert (report.end, report.heard.sound) == ("caller hung up", await spoken(long))
    told = [next(fault.detail for fault in wrong(report)) for report in broken]
    assert [int(detail.split()[2].strip(":")) for detail in told] == list(CODES.values())
    now = [server.closed(code) for code in (1003, 1008, 1009)]
    assert [after - before for before, after in zip(closed, now, strict=True)] == [2, 5, 1]
    assert server.metric("rapida_sockets_faults_total", kind="faults") == 0


async def test_a_stream_of_another_call_is_closed(
    server: InProcessServer, carrier: Carrier, call: str
) -> None:
    number = await server.install(assistant())
    socket = await carrier.plugs_in(await carrier.announces(number, call))
    await socket.send(start_message(server.account, "CA" + "8" * 32))
    assert await close_code(socket) == 1008


async def test_a_stream_that_never_starts_is_closed_and_its_call_is_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    monkeypatch.setattr(
        rapida.server, "media_protocol", functools.partial(media_protocol, start_within_s=0.3)
    )
    async with opened(tmp_path / "data") as hurried, Carrier(hurried) as carrier:
        number = await hurried.install(assistant())
        socket = await carrier.plugs_in(await carrier.announces(number, call))
        assert await close_code(socket) == 1008
        kept = await hurried.kept()
        assert hurried.metric("rapida_sockets_faults_total", kind="unstarted") == 1
    assert (kept.conversation.status, kept.conversation.end_reason) == ("ended", "carrier_failure")


async def test_a_message_of_64_kib_is_too_long_even_in_pieces(
    server: InProcessServer, carrier: Carrier, call: str
) -> None:
    number, before = await server.install(assistant()), server.closed(1009)
    socket = await carrier.plugs_in(await carrier.announces(number, call))
    await socket.send(start_message(server.account, call))
    await socket.send(["{" + " " * 40_000, " " * 40_000])
    assert await close_code(socket) == 1009
    await until(lambda: server.closed(1009) == before + 1)
