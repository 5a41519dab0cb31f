"""Numbers for sale over HTTP: what they cost, and that none is bought by accident."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from rapida.simulator.twilio.for_sale import NumberForSale
from tests.databases import Place
from tests.workspace.actors import audited

from .numbered import FIRST, Numbered, connected, opened

DATABASES = ("sqlite",)  # what is stored is tested beside the store


@pytest.fixture
async def account(place: Place) -> AsyncIterator[Numbered]:
    async with opened(place) as account:
        yield account


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
