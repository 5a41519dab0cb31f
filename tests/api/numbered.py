"""An API over accounts with numbers, which the simulated carriers keep."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from rapida.node.carriers import Carriers
from rapida.simulator.twilio.account import Number
from rapida.simulator.twilio.dial_form import Refused
from rapida.simulator.twilio.network import Account
from rapida.simulator.twilio.rest import RestSide
from rapida.store import credentials
from rapida.store.credentials import CredentialDraft
from tests.api.conftest import ServedApi, build_served_api
from tests.databases import Place
from tests.doubles.loopback_network import Network
from tests.switchboard.ready_node import (
    HOST,
    NOON,
    SID,
    TOKEN,
    open_ready_node,
)

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


async def connected(account: Numbered, number: str = FIRST, **more: Any) -> Any:
    ready = account.api.ready
    body = {"credential_id": ready.credential_id, "assistant_id": ready.assistant_id} | more
    return await account.ask("PUT", f"/v1/phone-numbers/{number}", json=body)
