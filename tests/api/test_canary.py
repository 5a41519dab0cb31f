"""The canary: secrets that were put in are searched for in everything that comes out or lies about."""

from __future__ import annotations

from base64 import b64encode
from pathlib import Path
from typing import Any

from structlog.testing import capture_logs

from rapida.api.auth import LEAST
from tests.api.conftest import ServedApi, build_served_api
from tests.api.test_auth import GUARDED, body_of, path_of
from tests.api.test_conversations import a_call
from tests.databases import Place
from tests.switchboard.calling_node import CALL_SID, CALLEE, open_calling_node
from tests.switchboard.ready_node import SID, TOKEN

CANARY = "canary7Kp2mQx9"
ACCOUNT = "AC" + "6" * 32


async def test_no_secret_comes_out_of_any_answer_log_error_text_or_file(api: ServedApi) -> None:
    key, browser = await api.a_key(), await api.a_browser()
    heard: list[str] = []

    async def ask(method: str, path: str, **more: Any) -> None:
        for answer in (
            await api.ask(method, path, key=key, **more),
            await browser.ask(method, path, **more),
        ):
            heard.append(f"{answer.headers} {answer.text}")

    secret = {"account_sid": ACCOUNT, "account_token": f"{CANARY}-1", "secondary_token": f"{CANARY}-2"}
    wrong = {"account_sid": f"{CANARY}-3", "account_token": f"{CANARY}-4"}
    with capture_logs() as lines:
        for value in (secret, wrong, {**secret, "extra": f"{CANARY}-5"}, {"account_token": 5}):
            await ask("POST", "/v1/credentials", json={"provider": "twilio", "name": "C", "value": value})
        mine = (await api.ask("GET", "/v1/credentials", key=key)).json()["items"][0]
        assert mine["account"] == ACCOUNT
        path = f"/v1/credentials/{mine['id']}"
        again = {**secret, "account_token": f"{CANARY}-6"}
        await ask("PATCH", path, json={"value": again})
        await ask("PATCH", path, json={"value": wrong})
        await ask("PATCH", path, json={"base_url": f"https://{CANARY}:x@host"})
        await ask("POST", f"{path}/verify")
        await a_call(api)
        wanted = {"assistant": {"assistantId": api.ready.assistant_id}, "toNumber": CALLEE}
        await ask("POST", "/v1/talk/create-phone-call", json=wanted)
        assert f'"call_sid":"{CALL_SID}"' in heard[-2]
        for each in GUARDED:
            if each != "POST /v1/auth/logout" and not each.startswith("DELETE"):
                await ask(each.partition(" ")[0], path_of(each), **body_of(each))
        await ask("GET", path)
        for own in (f"/v1/conversations/1{tail}" for tail in ("", "/journal", "/recording")):
            await ask("GET", own)
    assert len(heard) > 60
    # A wrong account is not secret, but is not repeated either; an address with a password in it is refused.
    assert CANARY not in "\n".join(heard)
    assert CANARY not in str(lines)
    assert key not in str(lines)
    for token in (browser.cookies["rapida_session"], browser.csrf):
        assert token not in str(lines)
    lying = await written(api)
    assert CANARY.encode() not in lying
    assert key.encode() not in lying
    assert browser.cookies["rapida_session"].encode() not in lying
    assert len(LEAST) > 40


async def test_the_token_that_a_carrier_repeats_in_an_error_comes_out_nowhere(place: Place) -> None:
    async with open_calling_node(place) as calling:
        api = build_served_api(
            calling.ready, place.directory, calling.outbound, carrier_api_urls={"twilio": calling.twilio.url}
        )
        key = await api.a_key()
        wanted = {"assistant": {"assistantId": calling.ready.assistant_id}, "toNumber": CALLEE}
        heard: list[str] = []
        with capture_logs() as lines:
            for status in (400, 503):
                calling.twilio.status = status
                calling.twilio.body = {"code": 99999, "message": f"no: {TOKEN} is wrong", "status": status}
                asked = [
                    await api.ask("POST", "/v1/talk/create-phone-call", key=key, json=wanted),
                    await api.ask("GET", "/v1/conversations?limit=1", key=key),
                ]
                number = asked[1].json()["items"][0]["id"]
                asked.append(await api.ask("GET", f"/v1/conversations/{number}", key=key))
                heard += [each.text for each in asked]
        basic = b64encode(f"{SID}:{TOKEN}".encode()).decode()
        assert {each.headers["authorization"] for each in calling.twilio.asked} == {f"Basic {basic}"}
        places = {
            "answers": "".join(heard).encode(),
            "log": str(lines).encode(),
            "lying": await written(api),
        }
    assert [name for name, content in places.items() if TOKEN.encode() in content] == []
    assert all("no: … is wrong" in content.decode("utf-8", "replace") for content in places.values())


async def written(api: ServedApi) -> bytes:
    """Everything in the data directory, the database in it or not."""
    files = [path for path in api.data_dir.rglob("*") if path.is_file()]
    content = b"".join(Path(each).read_bytes() for each in files)
    async with api.ready.node.store.read() as tx:
        from rapida.store.tables import metadata

        for table in metadata.sorted_tables:
            rows = (await tx.execute(table.select())).all()
            content += b"".join(
                bytes(value) if isinstance(value, bytes | memoryview) else str(value).encode()
                for row in rows
                for value in row
            )
    return content
