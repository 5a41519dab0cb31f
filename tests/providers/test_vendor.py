"""A vendor's credential: how it is sent, what is taken out of errors, and that no text shows it."""

from __future__ import annotations

from typing import ClassVar

import pytest

from rapida.errors import ConfigurationError
from rapida.providers.deepgram import DeepgramCredential
from rapida.providers.elevenlabs import ElevenLabsCredential
from rapida.providers.openai import OpenAICredential
from rapida.providers.vendor import Vendor, VendorCredential

KEY = "do-not-show-me"


class TwoFields(VendorCredential, frozen=True):
    vendor: ClassVar[Vendor] = Vendor("two", "https://two.example", "X-Proof", "{key_id}/{secret}")

    key_id: str
    secret: str


@pytest.mark.parametrize(
    ("credential", "headers"),
    [
        (OpenAICredential(KEY), {"Authorization": f"Bearer {KEY}"}),
        (OpenAICredential(f" {KEY}\n"), {"Authorization": f"Bearer {KEY}"}),
        (OpenAICredential(), {}),
        (DeepgramCredential(KEY), {"Authorization": f"Token {KEY}"}),
        (ElevenLabsCredential(KEY), {"xi-api-key": KEY}),
        (TwoFields("id-7", KEY), {"X-Proof": f"id-7/{KEY}"}),
    ],
)
def test_a_credential_is_sent_as_its_vendor_wants_it(
    credential: VendorCredential, headers: dict[str, str]
) -> None:
    assert credential.headers() == headers


def test_every_field_is_taken_out_of_what_a_server_says_and_none_shows_in_the_failures_themselves() -> None:
    failures = TwoFields("id-7", KEY).failures({})
    assert str(failures.refused(f"id-7 with {KEY} is wrong")) == "two: … with … is wrong"
    assert KEY not in repr(failures)


def test_a_provider_knows_better_than_the_general_advice_where_it_says_so() -> None:
    failures = OpenAICredential(KEY).failures({404: "there is no such voice"})
    assert "no such voice" in str(failures.of_status(404))
    assert "put a valid one" in str(failures.of_status(401))


def test_a_key_that_no_request_could_carry_is_refused_unseen() -> None:
    with pytest.raises(ConfigurationError, match=r"openai: .*copy the key again") as caught:
        OpenAICredential(f"{KEY}é").headers()
    assert KEY not in str(caught.value)
