"""A whole call is sent to a collector as a trace, when it is over and the server ends."""

from __future__ import annotations

from pathlib import Path

from rapida.simulator.twilio.script import AfterAgent, HangUp, Step, Tone
from tests.acceptance.server import assistant, opened
from tests.doubles.collector import collector

DATABASES = ("sqlite",)


async def test_a_call_that_is_over_is_sent_with_a_tree_of_its_turn(tmp_path: Path) -> None:
    with collector() as (url, sent):
        async with opened(tmp_path / "data", traces_url=url) as server:
            number = await server.install(assistant(["Fine, thank you."], hears=["how are you"]))
            await server.ring(number, Step(AfterAgent(), Tone(600)), Step(AfterAgent(), HangUp()))
        told = b"".join(sent)
    for name in (b"call", b"turn", b"confirm", b"caller_hangup"):
        assert name in told, told
    for said in (b"Fine", b"thank", b"how are you"):
        assert said not in told
