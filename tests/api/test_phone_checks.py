"""The way of a call over HTTP: what was found, for whom, and of whose assistant."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from rapida.node.carriers import Carriers
from rapida.simulator.twilio.network import Account
from rapida.simulator.twilio.rest import RestSide
from tests.api.conftest import ServedApi, build_served_api
from tests.databases import Place
from tests.switchboard.ready_node import SID, TOKEN, open_ready_node

DATABASES = ("sqlite",)
NUMBER = "+14155550100"


@pytest.fixture
async def api(place: Place) -> AsyncIterator[ServedApi]:
    async with (
        open_ready_node(place, public=None) as ready,
        RestSide(Account(SID, TOKEN), numbers=(NUMBER,)) as twilio,
    ):
        urls = {"twilio": twilio.url}
        carriers = Carriers(ready.node.prover, urls)
        yield build_served_api(ready, place.directory, carriers=carriers, carrier_api_urls=urls)
        await carriers.aclose()


async def test_each_station_is_told_with_what_mends_it(api: ServedApi) -> None:
    await api.ready.deploy(phone_number=NUMBER)
    path = f"/v1/assistants/{api.ready.assistant_id}/deployments/phone/check"
    answer = await api.ask("POST", path, key=await api.a_key("editor"))
    assert answer.status_code == 200, answer.text
    told = {each["name"]: each for each in answer.json()["stations"]}
    assert told["public host"]["state"] == "fault"
    assert "PUBLIC_ASSISTANT_HOST" in told["public host"]["sentence"]
    assert told["public host"]["fix"].startswith("set it to")
    assert told["socket"]["state"] == "skipped"
    assert (told["credential"]["state"], told["number"]["state"]) == ("good", "fault")
    assert (await api.ask("POST", path, key=await api.a_key("viewer"))).status_code == 403
    elsewhere = path.replace(f"/{api.ready.assistant_id}/", "/999/")
    assert (await api.ask("POST", elsewhere, key=await api.a_key("editor"))).status_code == 404
