"""Hosts: the configured one for everybody, the local one for the demo alone."""

from __future__ import annotations

from uuid import UUID

import pytest

from rapida.errors import SettingsError
from rapida.node.addresses import Addresses, status_url, stream_url

CONTEXT = UUID("00000000-0000-4000-8000-000000000001")


def test_the_public_host_stands_in_every_address() -> None:
    addresses = Addresses("calls.example.org:8443", "localhost:8080")
    host = addresses.answering(demo=False)
    assert stream_url(host, "twilio", CONTEXT) == f"wss://calls.example.org:8443/v1/talk/twilio/ctx/{CONTEXT}"
    reported = f"https://calls.example.org:8443/v1/talk/twilio/ctx/{CONTEXT}/event"
    assert status_url(host, "twilio", CONTEXT) == reported
    assert addresses.answering(demo=True) == host


def test_without_it_the_demo_has_local_addresses_and_others_have_none() -> None:
    addresses = Addresses(None, "localhost:8080")
    assert addresses.answering(demo=True) == "localhost:8080"
    with pytest.raises(SettingsError) as missing:
        addresses.answering(demo=False)
    assert missing.value.name == "PUBLIC_ASSISTANT_HOST"
