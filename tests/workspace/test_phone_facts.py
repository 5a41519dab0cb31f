"""What a line is found to be: asked of the simulated Twilio, and through the public name of a real API."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from rapida.errors import NotFound
from rapida.node.carriers import Carriers
from rapida.simulator.twilio.account import Number
from rapida.simulator.twilio.network import Account
from rapida.simulator.twilio.rest import RestSide
from rapida.store import assistants, deployments
from rapida.workspace import phone_facts, public_name
from rapida.workspace.phone_checks import PhoneFacts, examined_line
from rapida.workspace.public_name import PublicNameFacts, RoundTrip
from tests.api.conftest import ServedApi, build_served_api
from tests.databases import Place
from tests.switchboard.ready_node import HOST, SID, TOKEN, open_ready_node
from tests.workspace.actors import a_stranger, an_actor

DATABASES = ("sqlite",)
OURS, OTHER = "+14155550100", "+14155550101"
WAY = PublicNameFacts(public_host=HOST)


@dataclass
class Line:
    """A line whose carrier is the simulated one, and whose public name leads here."""

    api: ServedApi
    twilio: RestSide
    carriers: Carriers

    @property
    def number(self) -> Number:
        return next(each for each in self.twilio.account_calls.numbers.values() if each.phone_number == OURS)

    async def facts(self, way: PublicNameFacts = WAY) -> PhoneFacts:
        node = self.api.ready.node
        async with node.store.read() as tx:
            owned = await assistants.find(tx, self.api.ready.assistant_id)
            rows = await phone_facts.rows_of(tx, owned)
        return await phone_facts.facts_of(node, self.carriers, rows, way)

    async def faults(self) -> list[str]:
        return [each.name for each in examined_line(await self.facts()) if each.state == "fault"]


@pytest.fixture
async def line(place: Place, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Line]:
    async with (
        open_ready_node(place) as ready,
        RestSide(Account(SID, TOKEN), numbers=(OURS, OTHER)) as twilio,
    ):
        urls = {"twilio": twilio.url}
        carriers = Carriers(ready.node.prover, urls)
        api = build_served_api(ready, place.directory, carriers=carriers, carrier_api_urls=urls)

        async def asked(url: str, headers: Any = None, body: bytes | None = None) -> httpx.Response | str:
            path = url.removeprefix(f"https://{HOST}")
            return await api.ask("GET" if body is None else "POST", path, headers=headers, content=body)

        monkeypatch.setattr(public_name, "asked", asked)
        await ready.deploy(phone_number=OURS)
        yield Line(api, twilio, carriers)
        await carriers.aclose()


async def test_what_is_broken_on_a_line_is_found_one_by_one(
    line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    ready, settings = line.api.ready, line.number.settings
    assert await line.faults() == ["number"]  # nobody has connected it
    settings["voice_url"] = f"https://{HOST}/v1/talk/twilio/call/{ready.assistant_id}"
    assert await line.faults() == ["status callback"]
    settings["status_callback"] = f"https://{HOST}/v1/talk/twilio/event/{ready.assistant_id}"
    sound = await line.facts()
    assert (sound.leads, sound.tried, await line.faults()) == ("here", RoundTrip(204, 403), [])
    for elsewhere in (f"https://{HOST}/v1/talk/twilio/call/999", "https://old.example.org/voice?key=secret"):
        settings["voice_url"] = elsewhere
        found = await line.facts()
        assert (found.leads, "secret" in found.where) == ("elsewhere", False)
    settings["voice_url"] = sound.voice_url
    with monkeypatch.context() as twilio:
        twilio.setattr(line.twilio, "account", Account(SID, "another"))
        assert await line.faults() == ["credential"]
    other = Carriers(ready.node.prover, {"twilio": "http://127.0.0.1:9"})
    away = await Line(line.api, line.twilio, other).facts()
    assert away.account is not None
    assert away.account.unreachable
    await other.aclose()
    await ready.deploy(phone_number="+14155559999")
    assert (await line.facts()).leads == "absent"
    await ready.deploy(phone_number=OURS, enabled=False)
    assert await line.faults() == ["phone deployment"]
    async with ready.node.store.write() as tx:
        await deployments.remove_phone(tx, ready.assistant_id)
    assert await line.faults() == ["phone deployment"]
    assert (await line.facts(PublicNameFacts(skew_s=None))).tried is None


async def test_a_public_name_that_changes_what_was_signed_is_found(
    line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = public_name.asked

    async def shortened(url: str, headers: Any = None, body: bytes | None = None) -> httpx.Response | str:
        return await whole(url, headers, body and body.replace(b"CallStatus=completed", b""))

    monkeypatch.setattr(public_name, "asked", shortened)
    assert (await line.facts()).tried == RoundTrip(403, 403)


async def test_a_check_from_within_begins_at_the_public_name_and_stays_in_its_project(
    line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def looked(host: str | None) -> PublicNameFacts:
        return PublicNameFacts(public_host=host)

    monkeypatch.setattr(phone_facts, "look", looked)
    ready = line.api.ready
    found = await phone_facts.check(ready.node, line.carriers, await an_actor(ready), ready.assistant_id)
    assert [each.name for each in found if each.state == "fault"] == ["number"]
    assert found[0].sentence == f"carriers know us as {HOST}"
    with pytest.raises(NotFound):
        await phone_facts.check(ready.node, line.carriers, await a_stranger(ready), ready.assistant_id)
