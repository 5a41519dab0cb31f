"""The API's tests ask a whole application over HTTP, in memory, under the public host or a local one."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest_asyncio
from fastapi import FastAPI

from rapida.api.build import build_api
from rapida.settings import Settings
from rapida.telemetry.metrics import Metrics
from rapida.telephony.twilio import webhook
from tests.databases import Place
from tests.switchboard.office import FORM, HOST, TOKEN, Office, open_office


@dataclass
class House:
    """The application, and the office behind it."""

    office: Office
    app: FastAPI
    metrics: Metrics

    async def ask(self, method: str, path: str, *, host: str = "localhost", **more: Any) -> httpx.Response:
        transport = httpx.ASGITransport(self.app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url=f"http://{host}") as client:
            return await client.request(method, path, **more)

    async def carrier_posts(self, path: str, fields: dict[str, str], *, token: str = TOKEN) -> httpx.Response:
        """As Twilio posts through a proxy that keeps the public host."""
        signature = webhook.sign(f"https://{HOST}{path}", fields, token)
        headers = {webhook.SIGNATURE_HEADER: signature, "content-type": FORM}
        return await self.ask("POST", path, host=HOST, content=urlencode(fields), headers=headers)


def build_house(office: Office, **settings: Any) -> House:
    metrics = Metrics()
    options = Settings(public_host=office.exchange.hosts.public, **settings)
    app = build_api(options, office.exchange, office.inbound, metrics, accepting=lambda: office.accepting)
    return House(office, app, metrics)


@pytest_asyncio.fixture
async def house(place: Place) -> AsyncGenerator[House]:
    async with open_office(place) as office:
        yield build_house(office)
