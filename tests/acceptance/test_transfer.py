"""What is asked of the carrier's REST interface in a call: to hand the caller over, to speak where we cannot.

On a public host, by a credential of ours.
"""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from rapida.assistant import Provider
from rapida.call.happenings import TransferAgreed, TransferAsked, TransferRefused
from rapida.llm.scripted import ScriptedReply
from rapida.simulator.twilio.account import PlacedCall
from rapida.simulator.twilio.callee import Callee
from rapida.simulator.twilio.dial_form import read_dial
from rapida.simulator.twilio.fields import CallFacts, inbound_fields, new_sid
from rapida.simulator.twilio.line import CALLED, CALLER
from rapida.simulator.twilio.network import Network
from rapida.simulator.twilio.orders import NewTwiml
from rapida.simulator.twilio.report import CallReport
from rapida.simulator.twilio.rest import RestSide
from rapida.simulator.twilio.running import Person, RunningCall, Subscription
from rapida.simulator.twilio.script import AfterAgent, Script, Step, Tone
from rapida.simulator.twilio.sounds import prepare, surroundings

from .process import prepared
from .server import GREETING, InProcessServer, assistant, opened, spoken, wrong

HOST = "voice.example.com"
ELSEWHERE = "+14155550199"
SORRY = "I am sorry, that did not work."
NOBODY = Provider("nobody")
AWAY = Provider("elevenlabs", {"voice_id": "v1", "base_url": "http://127.0.0.1:9"})


async def ring_known_to(rest: RestSide, server: InProcessServer, number: int, *steps: Step) -> CallReport:
    """An inbound call that the account's REST side knows, as every call of an account is."""
    script = Script(steps, limit_s=20)
    facts = CallFacts(rest.account.sid, new_sid("CA"), "inbound", CALLER, CALLED)
    line = server.line(number)
    network = Network(rest.account, server.address)
    call = RunningCall(
        facts,
        network,
        Person(await prepare(script), surroundings(script), script.limit_s),
        subscription=Subscription(line.status_callback),
        chaos=line.chaos,
        note=lambda at_s, text: None,
    )
    rest.account_calls.calls[facts.call_sid] = PlacedCall(
        call, read_dial({"Twiml": ["<Response/>"]}), Callee()
    )
    call.become("ringing")
    try:
        return await call.finish(await call.converse(NewTwiml(url=line.voice_url), inbound_fields(facts)))
    finally:
        await network.aclose()


async def test_a_transfer_dials_the_other_number_with_our_own_as_caller(tmp_path: Path) -> None:
    over = ScriptedReply("One moment.", tool="transfer_call", arguments=f'{{"to": "{ELSEWHERE}"}}')
    async with prepared(tmp_path / "data", assistant([over], hears=["a person please"]), demo=False) as place:
        number, account = place.number, place.account
    async with (
        RestSide(account) as rest,
        opened(tmp_path / "data", public_host=HOST, carrier_api_urls={"twilio": rest.url}) as server,
        asyncio.timeout(120),
    ):
        report = await ring_known_to(rest, server, number, Step(AfterAgent(200), Tone(300, 500)))
        kept = await server.kept()
    assert wrong(report) == []
    assert report.status == "completed"
    (dialled,) = report.dialled
    assert (dialled.targets, dialled.attributes["callerId"]) == ((ELSEWHERE,), CALLED.number)
    assert report.heard.sound == await spoken(GREETING) + await spoken("One moment.")
    assert kept.conversation.end_reason == "transfer"
    assert kept.failed("telephony") == []
    assert kept.happened(TransferAsked) == [TransferAsked(ELSEWHERE)]
    assert kept.happened(TransferAgreed) == [TransferAgreed()]


async def test_a_transfer_that_the_carrier_refuses_ends_with_an_apology_and_says_why_in_the_record(
    tmp_path: Path,
) -> None:
    over = ScriptedReply("One moment.", tool="transfer_call", arguments='{"to": "nobody"}')
    config = assistant([over], hears=["a person please"], error_message=SORRY)
    async with prepared(tmp_path / "data", config, demo=False) as place:
        number, account = place.number, place.account
    async with (
        RestSide(account) as rest,
        opened(tmp_path / "data", public_host=HOST, carrier_api_urls={"twilio": rest.url}) as server,
    ):
        # The REST side does not know this call: it answers 20404.
        report = await server.ring(number, Step(AfterAgent(200), Tone(300, 500)))
        kept = await server.kept()
    assert (report.end, report.dialled) == ("agent hung up", [])
    assert report.heard.sound == await spoken(GREETING) + await spoken("One moment.") + await spoken(SORRY)
    assert kept.conversation.end_reason == "provider_failure"
    (reason,) = kept.failed("telephony")
    assert kept.happened(TransferRefused) == [TransferRefused(reason)]


@pytest.mark.parametrize("voice", [NOBODY, AWAY], ids=["no such voice", "its vendor is away"])
async def test_where_the_voice_cannot_be_had_the_carrier_says_sorry(tmp_path: Path, voice: Provider) -> None:
    config = assistant(error_message=SORRY, tts=voice)
    async with prepared(tmp_path / "data", config, demo=False) as place:
        number, account = place.number, place.account
    async with (
        RestSide(account) as rest,
        opened(
            tmp_path / "data",
            public_host=HOST,
            carrier_api_urls={"twilio": rest.url},
            allow_hosts=("127.0.0.1",),
        ) as server,
        asyncio.timeout(120),
    ):
        report = await ring_known_to(rest, server, number)
        kept = await server.kept()
    assert wrong(report) == []
    assert (report.status, report.spoken) == ("completed", [SORRY])
    assert kept.conversation.end_reason == "provider_failure"
