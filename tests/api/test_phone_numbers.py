"""An account's numbers over HTTP, as the simulated Twilio and the loopback carrier's other end keep them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import pytest

from rapida.node.carriers import Carriers
from rapida.simulator.twilio.account import Number
from rapida.simulator.twilio.network import Account
from rapida.simulator.twilio.rest import RestSide
from rapida.store import credentials, deployments
from rapida.store.credentials import CredentialDraft
from tests.api.conftest import House, build_house
from tests.databases import Place
from tests.doubles.loopback_network import Network
from tests.switchboard.office import HOST, NOON, SID, TOKEN, add_credential, open_office

FIRST, SECOND, THIRD = "+14155550100", "+14155550101", "+14155550102"
ELSEWHERE = "https://ada:canary-word@old.example.com/voice?key=canary-key"
WEBHOOK = f"https://{HOST}/v1/talk/twilio/call/"


@dataclass
class Numbered:
    """A house whose credential is of the simulated Twilio's account."""

    house: House
    twilio: RestSide
    home: Network
    key: str = ""

    def number(self, number: str) -> Number:
        """As Twilio has it."""
        kept = self.twilio.account_calls.numbers.values()
        return next(each for each in kept if each.phone_number == number)

    async def ask(self, method: str, path: str, **more: Any) -> Any:
        return await self.house.ask(method, path, key=more.pop("key", self.key), **more)

    async def listed(self, credential_id: int = 0, **more: Any) -> Any:
        wanted = {"credential_id": credential_id or self.house.office.credential_id, **more}
        answer = await self.ask("GET", "/v1/phone-numbers", params=wanted)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def row(self, number: str) -> Any:
        return next(each for each in (await self.listed())["items"] if each["number"] == number)

    async def at_home(self) -> int:
        """A credential of the loopback carrier's account."""
        office, secret = self.house.office, {"account": self.home.account, "token": self.home.token}
        async with office.node.store.write() as tx:
            draft = CredentialDraft(office.project_id, "loopback", "Home", secret, self.home.account)
            return (await credentials.create(tx, office.node.vault, draft, NOON)).id


@asynccontextmanager
async def opened(place: Place, public: str | None = HOST, **urls: str) -> AsyncIterator[Numbered]:
    async with (
        open_office(place, public=public) as office,
        RestSide(Account(SID, TOKEN), numbers=(FIRST, SECOND, THIRD)) as twilio,
        Network().running() as home,
    ):
        urls = {"twilio": twilio.url, "loopback": home.url} | urls
        carriers = Carriers(office.node.prover, urls)
        house = build_house(office, place.directory, carriers=carriers, carrier_api_urls=urls)
        yield Numbered(house, twilio, home, await house.a_key("editor"))
        await carriers.aclose()


@pytest.fixture
async def account(place: Place) -> AsyncIterator[Numbered]:
    async with opened(place) as account:
        yield account


async def test_each_number_is_listed_with_who_answers_it_and_no_secret(account: Numbered) -> None:
    office = account.house.office
    account.number(FIRST).settings |= {"voice_url": f"{WEBHOOK}{office.assistant_id}"}
    account.number(SECOND).settings |= {"voice_url": ELSEWHERE, "friendly_name": "The old line"}
    await office.deploy(phone_number=FIRST)
    first, second, third = (await account.listed())["items"]
    assert first["answered_by"] == {
        "kind": "assistant",
        "assistant_id": office.assistant_id,
        "assistant_name": "Front desk",
        "where": f"{WEBHOOK}{office.assistant_id}",
    }
    assert (first["hints"], first["takes_calls"], first["credential_id"]) == ([], True, office.credential_id)
    assert second["name"] == "The old line"
    assert (second["answered_by"]["kind"], second["answered_by"]["where"]) == (
        "elsewhere",
        "https://old.example.com/voice?…",
    )
    assert third["answered_by"]["kind"] == "nobody"


async def test_a_list_of_many_numbers_comes_in_pages(account: Numbered) -> None:
    page = await account.listed(limit=2)
    assert [each["number"] for each in page["items"]] == [FIRST, SECOND]
    rest = await account.listed(limit=2, cursor=page["next_cursor"])
    assert ([each["number"] for each in rest["items"]], rest["next_cursor"]) == ([THIRD], None)


async def test_why_a_call_may_not_get_there_is_told(account: Numbered) -> None:
    office = account.house.office
    voice = account.number(FIRST).settings
    voice["voice_url"] = f"https://old.example.org/v1/talk/twilio/call/{office.assistant_id}"
    (elsewhere,) = (await account.row(FIRST))["hints"]
    assert f"It asks old.example.org, and this server's public host is {HOST}" in elsewhere
    voice["voice_url"] = f"{WEBHOOK}{office.assistant_id}"
    await office.deploy(enabled=False)
    (off,) = (await account.row(FIRST))["hints"]
    assert "switched off" in off
    async with office.node.store.write() as tx:
        await deployments.remove_phone(tx, office.assistant_id)
    (gone,) = (await account.row(FIRST))["hints"]
    assert "'Front desk' is not on the phone" in gone
    voice["trunk_sid"] = "TK" + "1" * 32
    assert (await account.row(FIRST))["answered_by"]["where"] == "trunk TK" + "1" * 32


async def test_another_projects_assistant_is_elsewhere(account: Numbered) -> None:
    foreign = await account.house.foreigners()
    account.number(FIRST).settings["voice_url"] = f"{WEBHOOK}{foreign.assistant_id}"
    answered_by = (await account.row(FIRST))["answered_by"]
    assert (answered_by["kind"], answered_by["assistant_name"]) == ("elsewhere", None)


async def test_the_loopback_carriers_numbers_are_listed_alike(account: Numbered) -> None:
    account.home.numbers = {FIRST: {"asks": "https://old.example.com/voice"}}
    credential_id = await account.at_home()
    (row,) = (await account.listed(credential_id))["items"]
    assert (row["number"], row["answered_by"]["where"]) == (FIRST, "https://old.example.com/voice")


async def test_what_is_wrong_with_the_account_is_told_with_what_to_do(account: Numbered) -> None:
    office = account.house.office
    async with office.node.store.write() as tx:
        wrong = await add_credential(
            tx, office.node.vault, office.project_id, "Wrong", "AC" + "7" * 32, account_token="canary-token"
        )
        draft = CredentialDraft(office.project_id, "openai", "Mind", {"api_key": "canary-key"})
        mind = (await credentials.create(tx, office.node.vault, draft, NOON)).id
    refused = await account.ask("GET", "/v1/phone-numbers", params={"credential_id": wrong})
    assert (refused.status_code, refused.json()["code"]) == (422, "carrier_refused")
    assert "check the credential" in refused.json()["detail"]
    other = await account.ask("GET", "/v1/phone-numbers", params={"credential_id": mind})
    assert (other.status_code, other.json()["code"]) == (422, "configuration")
    assert "no telephone numbers: take one for twilio" in other.json()["detail"]
    assert "canary" not in refused.text + other.text
    absent = await account.ask("GET", "/v1/phone-numbers", params={"credential_id": 4_000_000})
    assert (absent.status_code, absent.json()["code"]) == (404, "not_found")


async def test_a_carrier_that_is_away_is_told_apart_from_one_that_refuses(place: Place) -> None:
    async with opened(place, twilio="http://127.0.0.1:9") as account:
        wanted = {"credential_id": account.house.office.credential_id}
        away = await account.ask("GET", "/v1/phone-numbers", params=wanted)
    assert (away.status_code, away.json()["code"]) == (502, "provider")
    assert "cannot be reached" in away.json()["detail"]
