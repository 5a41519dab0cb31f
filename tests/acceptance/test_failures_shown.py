"""What the API shows of a call that failed before its first answer: whose fault, why, and no secret."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any, Never

import httpx
import pytest

from rapida.assistant import Provider
from rapida.node.clock import utc_now
from rapida.simulator.twilio.script import AfterAgent, At, HangUp, Nothing, Step, Tone
from rapida.store import api_keys, deployments
from rapida.switchboard.held_call import HeldCall
from rapida.vault import tokens
from tests.doubles.http_double import Conduct
from tests.doubles.openai_double import OpenAIDouble

from .server import InProcessServer, assistant
from .test_secrets import CANARY, keep_secret

SPEAKS = (Step(AfterAgent(200), Tone(300, 500)), Step(At(25), Nothing()))


@pytest.fixture
async def operator(server: InProcessServer) -> AsyncIterator[httpx.AsyncClient]:
    """Somebody with a key of the demo's project."""
    token = tokens.new_api_key()
    async with server.store.write() as tx:
        demo = await deployments.demo(tx)
        assert demo is not None
        draft = api_keys.NewApiKey(demo.project_id, "An operator's", "viewer")
        await api_keys.create(tx, draft, token.prefix, token.digest, utc_now())
    headers = {"authorization": f"Bearer {token.text}"}
    async with httpx.AsyncClient(base_url=f"http://{server.address}", headers=headers) as client:
        yield client


async def shown(operator: httpx.AsyncClient, conversation_id: int) -> dict[str, Any]:
    answer = await operator.get(f"/v1/conversations/{conversation_id}")
    assert answer.status_code == 200, answer.text
    assert CANARY not in answer.text
    return answer.json()


def reasons(told: dict[str, Any], name: str) -> list[str]:
    return [each["detail"]["detail"] for each in told["events"] if each["name"] == name]


async def test_an_address_that_is_not_allowed_is_named_among_the_calls_events(
    server: InProcessServer, operator: httpx.AsyncClient
) -> None:
    address = "http://10.1.2.3/v1"
    key = await keep_secret(server, "openai", {"api_key": CANARY}, address)
    model = Provider("openai", {"model": "m", "base_url": address}, key)
    number = await server.install(assistant(hears=["hello"], llm=model))
    await server.ring(number, *SPEAKS)
    kept = await server.kept(1)
    told = await shown(operator, kept.conversation.id)
    assert told["end_reason"] == "provider_failure"
    (reason,) = reasons(told, "providers_failed")
    assert "10.1.2.3" in reason
    assert "RAPIDA_ALLOW_HOSTS" in reason, "what to do about it"


@pytest.mark.parametrize(
    ("status", "error", "why"),
    [
        (401, {"message": f"Incorrect API key provided: {CANARY}.", "code": "invalid_api_key"}, "API key"),
        (404, {"message": "The model `m` does not exist.", "code": "model_not_found"}, "no such model"),
    ],
    ids=["key refused", "model unknown"],
)
async def test_what_a_vendor_refuses_for_good_is_named_among_the_calls_events(
    server: InProcessServer, operator: httpx.AsyncClient, status: int, error: dict[str, str], why: str
) -> None:
    async with OpenAIDouble(conducts=[Conduct(refuse=status, error={"error": error})]).running() as vendor:
        address = f"{vendor.url}/v1"
        key = await keep_secret(server, "openai", {"api_key": CANARY}, address)
        model = Provider("openai", {"model": "m", "base_url": address}, key)
        number = await server.install(assistant(hears=["hello"], llm=model))
        await server.ring(number, *SPEAKS)
        kept = await server.kept()
    told = await shown(operator, kept.conversation.id)
    assert told["end_reason"] == "provider_failure"
    (reason,) = reasons(told, "llm_failed")
    assert reason.startswith("openai: ")
    assert why in reason


@pytest.mark.parametrize("where", ["runner", "record"])
async def test_a_bug_is_named_once_and_by_its_kind_alone_among_the_calls_events(
    server: InProcessServer, operator: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    def breaks(*_: Any) -> Never:
        raise KeyError(CANARY)

    number = await server.install(assistant())
    connector: Any = server.rapida.connector
    owner, name = {"runner": (HeldCall, "_runner"), "record": (connector._shared.records, "write")}[where]
    monkeypatch.setattr(owner, name, breaks)
    await server.ring(number, Step(AfterAgent(100), HangUp()))
    told = await shown(operator, (await server.kept(1)).conversation.id)
    assert told["end_reason"] == "internal_error"
    assert reasons(told, "internal_error") == ["KeyError"]
