"""Talking from a page of another site, by what its publishable token allows."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from rapida.server import REFUSED_UPGRADE
from rapida.switchboard.talks import MOST_WITHOUT_PHONE
from tests.doubles.browser_double import Page

from .server import assistant, opened
from .test_talking import a_program

SITE, OTHER = "https://www.larkfield.example", "https://elsewhere.example"
CALLS = 2


async def asked(page: Page, token: str) -> Any:
    return await page.asks("POST", "/v1/talk/web", json={"token": token, "variables": {"customer": "Ada"}})


async def test_a_page_talks_by_its_token_from_its_own_origin_so_often_and_until_it_is_revoked(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with opened(tmp_path / "data") as server:
        program = await a_program(server)
        wanted = {
            "name": "Our site",
            "assistant_id": await server.install(assistant()),
            "origins": [SITE + "/"],
        }
        made = await program.asks(
            "POST", "/v1/publishable-tokens", json={**wanted, "calls_per_minute": CALLS}
        )
        assert made.status_code == 201, made.text
        token = made.json()["token"]
        assert made.json()["origins"] == [SITE]
        site = Page(server.address, {"origin": SITE})

        before = await site.asks("OPTIONS", "/v1/talk/web")
        assert (before.status_code, before.headers["access-control-allow-origin"]) == (204, "*")
        foreign = await asked(replace(site, headers={"origin": OTHER}), token)
        assert (foreign.status_code, foreign.json()["code"]) == (403, "origin_refused")
        assert OTHER in foreign.json()["detail"]
        assert foreign.headers["access-control-allow-origin"] == "*", "the page may read why"
        assert "set-cookie" not in foreign.headers
        assert (await asked(Page(server.address), token)).json()["code"] == "origin_refused"
        assert (await asked(site, token + "x")).json()["code"] == "token_refused"

        first = (await asked(site, token)).json()
        path = first["socket_path"]
        assert (await site.refusal(path, origin=OTHER))[0] == 403
        as_ours = path.replace("/web/", "/browser/")
        assert (await site.refusal(as_ours, origin=f"http://{server.address}"))[0] == 403
        assert REFUSED_UPGRADE not in caplog.text
        async with site.socket(path) as socket:
            await socket.send('{"event": "start"}')
            await anext(message async for message in socket if isinstance(message, bytes))
        assert (await server.kept(first["conversation_id"])).conversation.channel == "browser"

        assert (await asked(site, token)).status_code == 201
        busy = await asked(site, token)
        assert (busy.status_code, busy.headers["retry-after"]) == (429, "60")
        token_path = f"/v1/publishable-tokens/{made.json()['id']}"
        assert (await program.asks("DELETE", token_path)).status_code == 204
        assert (await asked(site, token)).json()["code"] == "token_refused"
        (kept,) = (await program.asks("GET", "/v1/publishable-tokens")).json()["items"]
        assert kept["revoked_at"] is not None
        audit = (await (await a_program_of_admins(server)).asks("GET", "/v1/audit")).json()["items"]
        done = [each["action"] for each in audit if each["subject"].startswith("publishable_token:")]
        assert done == ["publishable_token.revoke", "publishable_token.create"]


async def test_an_origin_that_no_browser_would_tell_is_refused_by_its_field(tmp_path: Path) -> None:
    async with opened(tmp_path / "data") as server:
        program = await a_program(server)
        wanted = {"name": "Our site", "assistant_id": await server.install(assistant())}
        for wrong in ("www.example.com", "https://example.com/shop", "http://example.com", "https://*.a.b"):
            answer = await program.asks(
                "POST", "/v1/publishable-tokens", json={**wanted, "origins": ["http://localhost:8000", wrong]}
            )
            assert answer.status_code == 422
            assert answer.json()["errors"][0]["field"] == "origins.1"


async def test_talks_that_nobody_opens_take_the_places_of_an_assistant_without_a_phone(
    tmp_path: Path,
) -> None:
    async with opened(tmp_path / "data") as server:
        program = await a_program(server)
        number = await server.install(assistant())
        assert (await program.asks("DELETE", f"/v1/assistants/{number}/deployments/phone")).status_code == 204
        for _ in range(MOST_WITHOUT_PHONE):
            await program.opens_talk(number)
        full = await program.asks("POST", "/v1/talk/browser", json={"assistant_id": number})
        assert (full.status_code, full.json()["code"]) == (429, "busy")


async def a_program_of_admins(server: Any) -> Page:
    return await a_program(server, "admin")
