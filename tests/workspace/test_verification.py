"""Trying a credential: who is asked, with what, what the answer means, and where a secret never goes."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import pytest
import pytest_asyncio

from rapida.errors import ConfigurationError, ProviderRefused, ProviderUnavailable
from rapida.providers import outgoing
from rapida.providers.outgoing import AddressRefused
from rapida.store.credentials import Credential
from rapida.vault.sealing import Sealed
from rapida.workspace import verification as verifying
from rapida.workspace.verification import MOST_BYTES, verify
from tests.doubles.http_double import Conduct, HttpDouble, Request
from tests.switchboard.ready_node import SID

SECRET = "canary-5e1f"
TWILIO = {"account_sid": SID, "account_token": SECRET}
KEY = {"api_key": SECRET}


@dataclass
class Vendor(HttpDouble):
    """Any provider's page about an account."""

    says: bytes = b'{"status": "active", "friendly_name": "Ours"}'
    kind: str = "application/json"

    @property
    def content_type(self) -> str:  # pyright: ignore[reportIncompatibleVariableOverride]
        return self.kind

    def pieces(self, request: Request) -> list[bytes]:
        return [self.says]


@pytest_asyncio.fixture
async def vendor() -> AsyncIterator[Vendor]:
    async with Vendor().running() as double:
        yield double


def a_credential(provider: str, base_url: str | None = None) -> Credential:
    return Credential(
        id=1,
        project_id=1,
        provider=provider,
        name="name",
        account="",
        base_url=base_url,
        sealed=Sealed("k1", b"", b""),
    )


@pytest.mark.parametrize(
    ("provider", "secret", "path", "header", "value"),
    [
        ("openai", KEY, "/models", "authorization", f"Bearer {SECRET}"),
        ("deepgram", KEY, "/v1/projects", "authorization", f"Token {SECRET}"),
        ("elevenlabs", KEY, "/v1/user", "xi-api-key", SECRET),
        ("twilio", TWILIO, f"/2010-04-01/Accounts/{SID}.json", "authorization", "Basic "),
    ],
)
async def test_each_provider_is_asked_its_own_way_at_the_credentials_host(
    vendor: Vendor, provider: str, secret: dict[str, str], path: str, header: str, value: str
) -> None:
    named = await verify(a_credential(provider, f"{vendor.url}/"), secret, {"twilio": "http://127.0.0.1:1"})
    assert named == ("Ours" if provider == "twilio" else "")
    [asked] = vendor.requests
    assert (asked.method, asked.path) == ("GET", path)
    assert asked.headers[header].startswith(value)
    assert SECRET not in asked.path


@pytest.mark.parametrize(
    ("provider", "host"),
    [
        ("openai", "api.openai.com"),
        ("deepgram", "api.deepgram.com"),
        ("elevenlabs", "api.elevenlabs.io"),
    ],
)
async def test_without_a_host_of_its_own_a_secret_goes_to_the_providers(
    monkeypatch: pytest.MonkeyPatch, provider: str, host: str
) -> None:
    names: list[tuple[str, int]] = []

    async def getaddrinfo(name: str, port: int, **_: Any) -> list[Any]:
        names.append((name, port))
        raise socket.gaierror(socket.EAI_NONAME, "unknown")

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", getaddrinfo, raising=False)
    with pytest.raises(ProviderUnavailable, match=host):
        await verify(a_credential(provider), KEY, {"twilio": "http://127.0.0.1:1"})
    assert names == [(host, 443)]


@pytest.mark.parametrize(("provider", "secret"), [("twilio", TWILIO), ("openai", KEY), ("deepgram", KEY)])
async def test_a_host_in_a_private_network_is_not_asked_until_the_operator_lists_it(
    vendor: Vendor, provider: str, secret: dict[str, str]
) -> None:
    outgoing.policy.allow(())
    with pytest.raises(AddressRefused, match="RAPIDA_ALLOW_HOSTS"):
        await verify(a_credential(provider, vendor.url), secret, {"twilio": vendor.url})
    assert vendor.connections == 0
    # The address that the operator set for Twilio is the operator's own business.
    if provider == "twilio":
        assert await verify(a_credential(provider), secret, {"twilio": vendor.url}) == "Ours"


async def test_a_redirection_is_not_followed(vendor: Vendor) -> None:
    for provider, secret in (("openai", KEY), ("twilio", TWILIO)):
        vendor.conducts = [Conduct(refuse=307)]
        with pytest.raises(ProviderRefused, match="redirection"):
            await verify(a_credential(provider, vendor.url), secret, {"twilio": vendor.url})
    assert len(vendor.requests) == 2


@pytest.mark.parametrize(
    ("status", "error", "said"),
    [
        (401, ProviderRefused, "not accepted"),
        (403, ProviderRefused, "check its rights"),
        (404, ProviderRefused, "`base_url`"),
        (418, ProviderRefused, "does not answer as this provider does"),
        (429, ProviderUnavailable, "overloaded or failing"),
        (503, ProviderUnavailable, "overloaded or failing"),
    ],
)
async def test_a_refusal_says_what_to_do_and_repeats_no_secret(
    vendor: Vendor, status: int, error: type[Exception], said: str
) -> None:
    vendor.conducts = [Conduct(refuse=status, error={"error": {"message": f"wrong key {SECRET}"}})]
    with pytest.raises(error, match=said) as refused:
        await verify(a_credential("openai", vendor.url), KEY, {})
    assert SECRET not in str(refused.value)


async def test_an_account_name_that_repeats_the_secret_is_told_without_it(vendor: Vendor) -> None:
    vendor.says = f'{{"status": "active", "friendly_name": "Ours {SECRET}"}}'.encode()
    assert await verify(a_credential("twilio", vendor.url), TWILIO, {}) == "Ours …"


async def test_a_key_for_speech_only_is_a_good_one(vendor: Vendor) -> None:
    error = {"detail": {"status": "missing_permissions", "message": "user_read"}}
    vendor.conducts = [Conduct(refuse=401, error=error), Conduct(refuse=401, error={"detail": {}})]
    assert await verify(a_credential("elevenlabs", vendor.url), KEY, {}) == ""
    with pytest.raises(ProviderRefused):
        await verify(a_credential("elevenlabs", vendor.url), KEY, {})


async def test_a_web_page_is_no_provider(vendor: Vendor) -> None:
    vendor.kind, vendor.says = "text/html", b"<html>"
    for provider, secret in (("openai", KEY), ("twilio", TWILIO)):
        with pytest.raises(ProviderRefused, match="does not answer as this provider does"):
            await verify(a_credential(provider, vendor.url), secret, {})


async def test_a_server_that_asks_for_no_key_gets_none(vendor: Vendor) -> None:
    assert await verify(a_credential("openai", vendor.url), {"api_key": ""}, {}) == ""
    assert "authorization" not in vendor.requests[0].headers


async def test_of_an_endless_answer_only_the_beginning_is_read(vendor: Vendor) -> None:
    vendor.says = b"x" * MOST_BYTES
    vendor.conducts = [Conduct(after=1, then="stall")]
    async with asyncio.timeout(verifying.TIMEOUT_S / 2):
        assert await verify(a_credential("openai", vendor.url), KEY, {}) == ""


async def test_a_host_that_says_nothing_is_given_up(vendor: Vendor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verifying, "TIMEOUT_S", 0.2)
    vendor.conducts = [Conduct(wait=asyncio.Event())]
    with pytest.raises(ProviderUnavailable, match="does not answer"):
        await verify(a_credential("openai", vendor.url), KEY, {})


@pytest.mark.parametrize("key", ["schl\u00fcssel\u2026", "two\nlines"])
async def test_a_key_that_no_header_can_hold_is_refused_without_repeating_it(
    vendor: Vendor, key: str
) -> None:
    with pytest.raises(ConfigurationError, match="copy the key again") as refused:
        await verify(a_credential("openai", vendor.url), {"api_key": key}, {})
    assert key not in str(refused.value)
    assert refused.value.__cause__ is None
    assert vendor.requests == []


async def test_a_provider_without_such_a_page_says_so() -> None:
    with pytest.raises(ConfigurationError, match="first use in a call"):
        await verify(a_credential("http"), {"value": SECRET}, {})
