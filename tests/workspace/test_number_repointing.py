"""Numbers that led to a line here at an earlier name, after the server got another one."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from rapida.node.carriers import Carriers
from rapida.simulator.twilio.network import Account
from rapida.simulator.twilio.rest import RestSide
from rapida.workspace.number_repointing import RepointedNumber, repoint
from tests.databases import Place
from tests.switchboard.ready_node import HOST, SID, TOKEN, ReadyNode, open_ready_node
from tests.workspace.actors import audited

DATABASES = ("sqlite",)
OURS = "+14155550100"


@pytest.fixture
async def ready(place: Place) -> AsyncIterator[ReadyNode]:
    async with open_ready_node(place) as ready:
        await ready.deploy(phone_number=OURS)
        yield ready


async def test_only_a_number_that_led_to_its_line_at_another_name_is_changed(ready: ReadyNode) -> None:
    here = f"/v1/talk/twilio/call/{ready.assistant_id}"
    async with RestSide(Account(SID, TOKEN), numbers=(OURS,)) as twilio:
        carriers = Carriers(ready.node.prover, {"twilio": twilio.url})
        (number,) = twilio.account_calls.numbers.values()
        for foreign in (
            "",
            "https://pbx.example.net/voice",
            "https://old.example.org/v1/talk/twilio/call/999",
        ):
            number.settings["voice_url"] = foreign
            assert await repoint(ready.node, carriers) == []
            assert number.settings["voice_url"] == foreign
        number.settings["voice_url"] = f"https://old.trycloudflare.com{here}"
        assert await repoint(ready.node, carriers) == [RepointedNumber(OURS)]
        assert number.settings["voice_url"] == f"https://{HOST}{here}"
        assert await repoint(ready.node, carriers) == []
        assert ("cli", "number.connect", f"number:{OURS}") in await audited(ready)
        number.settings["voice_url"] = f"https://old.trycloudflare.com{here}"
        twilio.account = Account(SID, "another")
        ((refused),) = await repoint(ready.node, carriers)
        assert "credential" in refused.error or "token" in refused.error
        await carriers.aclose()
