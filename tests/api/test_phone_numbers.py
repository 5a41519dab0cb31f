"""An account's numbers over HTTP, as the simulated Twilio and the loopback carrier's other end keep them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from sqlalchemy import select
from starlette.requests import Request
from starlette.responses import Response

from rapida.node.carriers import Carriers
from rapida.simulator.twilio.account import Number
from rapida.simulator.twilio.dial_form import Refused
from rapida.simulator.twilio.for_sale import NumberForSale
from rapida.simulator.twilio.network import Account
from rapida.simulator.twilio.rest import RestSide
from rapida.store import credentials, deployments
from rapida.store.credentials import CredentialDraft
from rapida.store.tables import connected_numbers
from tests.api.conftest import ServedApi, build_served_api
from tests.databases import Place
from tests.doubles.loopback_network import Network
from tests.switchboard.ready_node import (
    HOST,
    NOON,
    SID,
    TOKEN,
    add_credential,
    context_of,
    open_ready_node,
    spoken,
)
from tests.workspace.actors import audited

DATABASES = ("sqlite",)  # what is stored is tested beside the store

FIRST, SECOND, THIRD = "+14155550100", "+14155550101", "+14155550102"
ELSEWHERE = "https://ada:canary-word@old.example.com/voice?key=canary-key"
WEBHOOK = f"https://{HOST}/v1/talk/twilio/call/"


class Stubborn(RestSide):
    """Twilio, which may take no address that it is given."""

    stubborn = False
    distracted = False
    """It does what it is asked, and fails to say so."""
    priceless = False

    async def _update_number(self, request: Request) -> Response:
        if self.stubborn:
            raise Refused(400, 21205, "Url is not a valid URL")
        return self._told(await super()._update_number(request))

    async def _buy_number(self, request: Request) -> Response:
        return self._told(await super()._buy_number(request))

    async def _get_prices(self, request: Request) -> Response:
        if self.priceless:
            raise Refused(404, 20404, "No prices")
        return await super()._get_prices(request)

    def _told(self, answer: Response) -> Response:
        if self.distracted:
            raise Refused(503, 20503, "Service unavailable")
        return answer


@dataclass
class Numbered:
    """An API whose credential is of the simulated Twilio's account."""

    api: ServedApi
    twilio: Stubborn
    home: Network
    key: str = ""

    def number(self, number: str) -> Number:
        """As Twilio has it."""
        kept = self.twilio.account_calls.numbers.values()
        return next(each for each in kept if each.phone_number == number)

    async def ask(self, method: str, path: str, **more: Any) -> Any:
        return await self.api.ask(method, path, key=more.pop("key", self.key), **more)

    async def listed(self, credential_id: int = 0, **more: Any) -> Any:
        wanted = {"credential_id": credential_id or self.api.ready.credential_id, **more}
        answer = await self.ask("GET", "/v1/phone-numbers", params=wanted)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def row(self, number: str) -> Any:
        return next(each for each in (await self.listed())["items"] if each["number"] == number)

    async def at_home(self) -> int:
        """A credential of the loopback carrier's account."""
        ready, secret = self.api.ready, {"account": self.home.account, "token": self.home.token}
        async with ready.node.store.write() as tx:
            draft = CredentialDraft(ready.project_id, "loopback", "Home", secret, self.home.account)
            return (await credentials.create(tx, ready.node.vault, draft, NOON)).id


@asynccontextmanager
async def opened(place: Place, public: str | None = HOST, **urls: str) -> AsyncIterator[Numbered]:
    async with (
        open_ready_node(place, public=public) as ready,
        Stubborn(Account(SID, TOKEN), numbers=(FIRST, SECOND, THIRD)) as twilio,
        Network().running() as home,
    ):
        urls = {"twilio": twilio.url, "loopback": home.url} | urls
        carriers = Carriers(ready.node.prover, urls)
        api = build_served_api(ready, place.directory, carriers=carriers, carrier_api_urls=urls)
        yield Numbered(api, twilio, home, await api.a_key("editor"))
        await carriers.aclose()


@pytest.fixture
async def account(place: Place) -> AsyncIterator[Numbered]:
    async with opened(place) as account:
        yield account


async def test_each_number_is_listed_with_who_answers_it_and_no_secret(account: Numbered) -> None:
    ready = account.api.ready
    account.number(FIRST).settings |= {"voice_url": f"{WEBHOOK}{ready.assistant_id}"}
    account.number(SECOND).settings |= {"voice_url": ELSEWHERE, "friendly_name": "The old line"}
    await ready.deploy(phone_number=FIRST)
    first, second, third = (await account.listed())["items"]
    assert first["answered_by"] == {
        "kind": "assistant",
        "assistant_id": ready.assistant_id,
        "assistant_name": "Front desk",
        "where": f"{WEBHOOK}{ready.assistant_id}",
    }
    assert (first["hints"], first["takes_calls"], first["credential_id"]) == ([], True, ready.credential_id)
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
    ready = account.api.ready
    voice = account.number(FIRST).settings
    voice["voice_url"] = f"https://old.example.org/v1/talk/twilio/call/{ready.assistant_id}"
    (elsewhere,) = (await account.row(FIRST))["hints"]
    assert f"It asks old.example.org, and this server's public host is {HOST}" in elsewhere
    voice["voice_url"] = f"{WEBHOOK}{ready.assistant_id}"
    await ready.deploy(enabled=False)
    (off,) = (await account.row(FIRST))["hints"]
    assert "switched off" in off
    async with ready.node.store.write() as tx:
        await deployments.remove_phone(tx, ready.assistant_id)
    (gone,) = (await account.row(FIRST))["hints"]
    assert "'Front desk' is not on the phone" in gone
    voice["trunk_sid"] = "TK" + "1" * 32
    assert (await account.row(FIRST))["answered_by"]["where"] == "trunk TK" + "1" * 32


async def test_another_projects_assistant_is_elsewhere(account: Numbered) -> None:
    foreign = await account.api.foreigners()
    account.number(FIRST).settings["voice_url"] = f"{WEBHOOK}{foreign.assistant_id}"
    answered_by = (await account.row(FIRST))["answered_by"]
    assert (answered_by["kind"], answered_by["assistant_name"]) == ("elsewhere", None)


async def test_the_loopback_carriers_numbers_are_listed_alike(account: Numbered) -> None:
    account.home.numbers = {FIRST: {"asks": "https://old.example.com/voice"}}
    credential_id = await account.at_home()
    (row,) = (await account.listed(credential_id))["items"]
    assert (row["number"], row["answered_by"]["where"]) == (FIRST, "https://old.example.com/voice")


async def test_what_is_wrong_with_the_account_is_told_with_what_to_do(account: Numbered) -> None:
    ready = account.api.ready
    async with ready.node.store.write() as tx:
        wrong = await add_credential(
            tx, ready.node.vault, ready.project_id, "Wrong", "AC" + "7" * 32, account_token="canary-token"
        )
        draft = CredentialDraft(ready.project_id, "openai", "Mind", {"api_key": "canary-key"})
        mind = (await credentials.create(tx, ready.node.vault, draft, NOON)).id
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
        wanted = {"credential_id": account.api.ready.credential_id}
        away = await account.ask("GET", "/v1/phone-numbers", params=wanted)
    assert (away.status_code, away.json()["code"]) == (502, "provider")
    assert "cannot be reached" in away.json()["detail"]


async def connected(account: Numbered, number: str = FIRST, **more: Any) -> Any:
    ready = account.api.ready
    body = {"credential_id": ready.credential_id, "assistant_id": ready.assistant_id} | more
    return await account.ask("PUT", f"/v1/phone-numbers/{number}", json=body)


async def restored(account: Numbered, number: str = FIRST, **more: Any) -> Any:
    body = {"credential_id": account.api.ready.credential_id, **more}
    return await account.ask("POST", f"/v1/phone-numbers/{number}/restore", json=body)


def set_elsewhere(account: Numbered, **more: str) -> dict[str, str]:
    """Somebody sets the number in the carrier's console. All that they set."""
    told = {"voice_url": ELSEWHERE, "voice_method": "GET", "status_callback": "https://old.example.com/s"}
    account.number(FIRST).settings |= told | more
    return told | more


async def test_a_number_is_connected_and_given_back_as_it_was_even_by_another_server(place: Place) -> None:
    async with opened(place) as account:
        ready = account.api.ready
        before = set_elsewhere(account)
        answer = await connected(account)
        assert answer.status_code == 200, answer.text
        told = answer.json()
        assert (told["answered_by"]["assistant_id"], told["restorable"], told["hints"]) == (
            ready.assistant_id,
            True,
            [],
        )
        now = account.number(FIRST).settings
        webhook = f"{WEBHOOK}{ready.assistant_id}"
        assert (now["voice_url"], now["voice_method"], now["voice_fallback_url"]) == (
            webhook,
            "POST",
            webhook,
        )
        assert now["status_callback"] == f"https://{HOST}/v1/talk/twilio/event/{ready.assistant_id}"
        again = await connected(account, fallback_url="https://backup.example.com/twiml?x=1")
        assert again.status_code == 200, again.text
        assert now["voice_fallback_url"] == "https://backup.example.com/twiml?x=1"
        async with ready.node.store.read() as tx:
            rows = str((await tx.execute(select(connected_numbers))).all())
        assert "canary" not in rows
        assert "old.example" not in rows
        carriers = Carriers(ready.node.prover, {"twilio": account.twilio.url})
        other = build_served_api(
            ready, place.directory, carriers=carriers
        )  # nothing of it is kept in a process
        account.api = other
        assert (await account.row(FIRST))["restorable"] is True
        back = await restored(account)
        assert (back.status_code, back.json()["restorable"]) == (200, False)
        assert {name: now[name] for name in before} == before
        assert now["voice_fallback_url"] == ""
        assert (await restored(account)).status_code == 409
        assert [each[1:] for each in (await audited(ready))[:4]] == [
            ("number.restore", f"number:{FIRST}"),
            ("number.connect", f"number:{FIRST}"),
            ("deployment.put", f"assistant:{ready.assistant_id}"),
            ("number.connect", f"number:{FIRST}"),
        ]
        await carriers.aclose()


async def test_a_trunk_makes_way_and_comes_back(account: Numbered) -> None:
    trunk = "TK" + "1" * 32
    set_elsewhere(account, trunk_sid=trunk)
    assert (await connected(account)).json()["answered_by"]["kind"] == "assistant"
    now = account.number(FIRST).settings
    assert (now["trunk_sid"], now["voice_application_sid"]) == ("", "")
    assert (await restored(account)).json()["answered_by"]["where"] == f"trunk {trunk}"
    assert (now["trunk_sid"], now["voice_url"]) == (trunk, ELSEWHERE)


async def test_what_was_set_elsewhere_since_is_overwritten_only_if_that_is_meant(
    account: Numbered,
) -> None:
    before = set_elsewhere(account)
    await connected(account)
    now = account.number(FIRST).settings
    now["voice_url"] = "https://new.example.com/voice"
    refused = await restored(account)
    assert (refused.status_code, refused.json()["code"]) == (409, "conflict")
    assert "leads to https://new.example.com/voice now" in refused.json()["detail"]
    assert now["voice_url"] == "https://new.example.com/voice"
    assert (await restored(account, force=True)).status_code == 200
    assert now["voice_url"] == before["voice_url"]
    # Connected anew, it is what stood there last that comes back.
    await connected(account)
    now["voice_url"] = "https://newer.example.com/voice"
    await connected(account)
    assert (await restored(account)).status_code == 200
    assert now["voice_url"] == "https://newer.example.com/voice"


async def test_a_connected_number_rings_the_assistant_which_calls_from_it(account: Numbered) -> None:
    ready = account.api.ready
    async with ready.node.store.write() as tx:
        await deployments.remove_phone(tx, ready.assistant_id)
    assert "not connected" in spoken(await ready.rings())
    assert (await connected(account)).json()["hints"] == []
    async with ready.node.store.read() as tx:
        deployment = await deployments.phone_of(tx, ready.assistant_id)
    assert deployment is not None
    assert (deployment.phone_number, deployment.credential_id) == (FIRST, ready.credential_id)
    assert context_of(await ready.rings())
    (kept,) = (await connected(account, SECOND)).json()["hints"]
    assert f"go out from {FIRST} as before" in kept


async def test_a_demo_that_is_connected_becomes_a_deployment_of_ones_own(account: Numbered) -> None:
    ready = account.api.ready
    await ready.deploy(demo=True, enabled=False)
    assert (await connected(account)).json()["hints"] == []
    async with ready.node.store.read() as tx:
        deployment = await deployments.phone_of(tx, ready.assistant_id)
    assert deployment is not None
    assert (deployment.demo, deployment.enabled, deployment.phone_number) == (False, True, FIRST)


async def test_a_number_that_cannot_be_connected_is_left_and_it_is_said_why(
    account: Numbered,
) -> None:
    ready = account.api.ready
    absent = await connected(account, "+14155550199")
    assert (absent.status_code, absent.json()["code"]) == (404, "not_found")
    assert "take the credential of the account that owns it" in absent.json()["detail"]
    account.home.numbers = {FIRST: {"asks": "https://old.example.com/voice"}}
    other = await connected(account, credential_id=await account.at_home())
    assert (other.status_code, other.json()["code"]) == (409, "conflict")
    assert "is on the phone at twilio, and this number is at loopback" in other.json()["detail"]
    assert (await connected(account, assistant_id=4_000_000)).status_code == 404
    assert (await connected(account, fallback_url="ftp://x")).json()["errors"][0]["field"] == "fallback_url"
    account.twilio.stubborn = True
    refused = await connected(account)
    assert (refused.status_code, refused.json()["code"]) == (422, "carrier_refused")
    assert "PUBLIC_ASSISTANT_HOST" in refused.json()["detail"]
    row = await account.row(FIRST)
    assert (row["restorable"], row["answered_by"]["kind"]) == (False, "nobody")
    async with ready.node.store.read() as tx:
        deployment = await deployments.phone_of(tx, ready.assistant_id)
    assert deployment is not None
    assert deployment.phone_number is None


async def test_what_stood_there_outlives_a_carrier_that_fails_to_answer(account: Numbered) -> None:
    before = set_elsewhere(account)
    account.twilio.distracted = True
    for _ in range(2):
        lost = await connected(account)
        assert (lost.status_code, lost.json()["code"]) == (502, "provider")
    assert (await account.row(FIRST))["answered_by"]["kind"] == "assistant"
    account.twilio.distracted = False
    assert (await connected(account, fallback_url="https://backup.example.com/")).status_code == 200
    assert (await restored(account)).status_code == 200
    now = account.number(FIRST).settings
    assert {name: now[name] for name in before} == before


async def test_without_a_public_host_nothing_is_connected(place: Place) -> None:
    async with opened(place, public=None) as account:
        answer = await connected(account)
    assert (answer.status_code, answer.json()["code"]) == (503, "not_configured")
    assert "PUBLIC_ASSISTANT_HOST" in answer.json()["detail"]


async def test_at_the_loopback_carrier_a_number_is_connected_and_given_back_alike(account: Numbered) -> None:
    ready, before = account.api.ready, {"asks": "https://old.example.com/voice"}
    account.home.numbers = {FIRST: before}
    whose: dict[str, Any] = {"credential_id": await account.at_home()}
    async with ready.node.store.write() as tx:
        await deployments.remove_phone(tx, ready.assistant_id)
    assert (await connected(account, **whose)).status_code == 200
    url = f"https://{HOST}/v1/talk/loopback/call/{ready.assistant_id}"
    assert account.home.numbers[FIRST]["asks"] == url
    assert (await restored(account, **whose)).json()["answered_by"]["where"] == before["asks"]
    assert account.home.numbers[FIRST] == before | {"reports_to": "", "otherwise": ""}


async def for_sale(account: Numbered, **more: Any) -> list[Any]:
    wanted = {"credential_id": account.api.ready.credential_id, "country": "US", **more}
    answer = await account.ask("GET", "/v1/available-phone-numbers", params=wanted)
    assert answer.status_code == 200, answer.text
    return answer.json()["items"]


async def bought(account: Numbered, number: str, **more: Any) -> Any:
    body = {"credential_id": account.api.ready.credential_id, "number": number, **more}
    return await account.ask("POST", "/v1/phone-numbers", json=body, key=await account.api.a_key("admin"))


async def test_numbers_for_sale_have_a_price_and_are_bought_when_confirmed(account: Numbered) -> None:
    assert await for_sale(account, country="ZZ") == []
    assert await for_sale(account, contains="99999") == []
    assert [each["monthly_price"] for each in await for_sale(account, type="toll_free")] == ["2.15"]
    first, _ = await for_sale(account)
    assert first == {
        "number": "+14155550180",
        "type": "local",
        "place": "San Francisco, CA",
        "needs_address": False,
        "monthly_price": "1.15",
        "currency": "USD",
    }
    asked = await bought(account, first["number"])
    assert (asked.status_code, asked.json()["code"]) == (422, "not_confirmed")
    assert "+14155550180 costs 1.15 USD a month" in asked.json()["detail"]
    assert first["number"] not in [each["number"] for each in (await account.listed())["items"]]
    made = await bought(account, first["number"], confirm=True)
    assert (made.status_code, made.json()["answered_by"]["kind"]) == (201, "nobody"), made.text
    assert first["number"] in [each["number"] for each in (await account.listed())["items"]]
    assert (await connected(account, first["number"])).status_code == 200
    gone = await bought(account, first["number"], confirm=True)
    assert (gone.status_code, "not for sale" in gone.json()["detail"]) == (404, True)
    assert ("number.buy", f"number:{first['number']}") in [
        each[1:] for each in await audited(account.api.ready)
    ]


async def test_what_needs_an_address_or_cannot_be_known_to_be_bought_is_told(account: Numbered) -> None:
    account.twilio.for_sale = [NumberForSale("+14155550183", address_requirements="any")]
    refused = await bought(account, "+14155550183", confirm=True)
    assert (refused.status_code, refused.json()["code"]) == (422, "carrier_refused")
    assert "buy it at twilio" in refused.json()["detail"]
    account.twilio.for_sale, account.twilio.priceless = [NumberForSale("+14155550184")], True
    assert [each["monthly_price"] for each in await for_sale(account)] == [""]
    asked = await bought(account, "+14155550184")
    assert "what the carrier asks for it each month" in asked.json()["detail"]
    account.twilio.distracted = True
    lost = await bought(account, "+14155550184", confirm=True)
    assert (lost.status_code, lost.json()["code"]) == (502, "provider")
    account.twilio.distracted = False
    assert await account.row("+14155550184")


async def test_the_loopback_carriers_numbers_are_bought_alike(account: Numbered) -> None:
    account.home.free = [FIRST]
    whose = {"credential_id": await account.at_home()}
    assert [each["monthly_price"] for each in await for_sale(account, **whose)] == ["2"]
    assert "2 EUR a month" in (await bought(account, FIRST, **whose)).json()["detail"]
    assert (await bought(account, FIRST, confirm=True, **whose)).status_code == 201
    assert list(account.home.numbers) == [FIRST]
    assert (await bought(account, FIRST, confirm=True, **whose)).status_code == 404
