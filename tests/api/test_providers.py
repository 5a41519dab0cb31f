"""What can be configured, as a form shows it: titles, sentences, and where a secret is found."""

from __future__ import annotations

import pytest

from rapida.api.providers import titled
from tests.api.conftest import ServedApi

DATABASES = ("sqlite",)  # nothing here is the database's affair


@pytest.mark.parametrize(
    ("name", "title"),
    [
        ("account_sid", "Account SID"),
        ("api_key", "API key"),
        ("silence_ms", "Silence (ms)"),
        ("base_url", "Base URL"),
        ("voice", "Voice"),
    ],
)
def test_a_fields_name_becomes_its_title(name: str, title: str) -> None:
    assert titled(name) == title


async def test_a_form_is_drawn_in_the_order_of_its_fields_with_a_sentence_for_each(api: ServedApi) -> None:
    key = await api.a_key("viewer")
    found = {
        (each["family"], each["name"]): each
        for each in (await api.ask("GET", "/v1/providers", key=key)).json()["items"]
    }
    twilio = found["telephony", "twilio"]["credential"]["$defs"]["TwilioCredential"]["properties"]
    assert list(twilio)[:3] == ["account_sid", "account_token", "secondary_token"]
    assert twilio["account_sid"]["title"] == "Account SID"
    assert twilio["account_token"]["description"].startswith("The primary Auth Token")
    assert twilio["account_token"]["console_hint"] == "Twilio Console, Account Info: Auth Token"
    for name in ("deepgram", "openai", "elevenlabs"):
        (credential,) = [
            each["credential"] for (_, called), each in found.items() if called == name and each["credential"]
        ]
        (schema,) = credential["$defs"].values()
        assert schema["properties"]["api_key"]["console_hint"]
