"""Addresses in options: which are none, which may hold a key, and where a secret would go."""

from __future__ import annotations

import pytest

from rapida.errors import ConfigurationError
from rapida.providers.addresses import WEBSOCKET, check_base_url, is_address, origin

HTTPS, WSS = "https://api.example.com/v1", "wss://api.example.com"


@pytest.mark.parametrize(
    ("url", "example"),
    [
        ("https://llm.example.org/v1", HTTPS),
        ("http://localhost:11434/v1", HTTPS),
        ("http://[::1]:8000", HTTPS),
        ("wss://ears.example.org/proxy/", WSS),
        ("ws://127.0.0.1:80", WSS),
    ],
)
def test_an_address_of_the_examples_kind_is_taken(url: str, example: str) -> None:
    check_base_url("vendor", url, example)


@pytest.mark.parametrize(
    ("url", "example"),
    [
        ("api.example.com/v1", HTTPS),
        ("ftp://example.com", HTTPS),
        ("wss://example.com", HTTPS),
        ("https://example.com", WSS),
        ("http://[::1", HTTPS),
        ("https://exa mple.com", HTTPS),
        ("https://example.com:port/", HTTPS),
        ("https:///v1", HTTPS),
        ("https://example.com/#part", HTTPS),
        ("https://example.com/a b", HTTPS),
        ("", HTTPS),
    ],
)
def test_what_is_no_address_is_refused_with_an_example(url: str, example: str) -> None:
    with pytest.raises(ConfigurationError, match=f"vendor: base_url .* is no address.*{example}"):
        check_base_url("vendor", url, example)


@pytest.mark.parametrize("url", ["https://key-1@example.com", "https://u:key-1@a.b", "https://a.b/?k=key-1"])
def test_an_address_with_a_key_in_it_is_refused_without_repeating_it(url: str) -> None:
    with pytest.raises(ConfigurationError, match="credential") as caught:
        check_base_url("vendor", url, HTTPS)
    assert "key-1" not in str(caught.value)


def test_an_address_may_have_a_query_where_no_base_is_asked_for() -> None:
    assert is_address("https://example.com/slots?day={{day}}")
    assert not is_address("https://example.com/slots", WEBSOCKET)
    assert not is_address("https://{{host}}.example.com/")
    assert not is_address("https://example.com\\@elsewhere.example/")


@pytest.mark.parametrize(
    ("url", "found"),
    [
        ("HTTPS://API.example.com/v1", ("https", "api.example.com")),
        ("wss://ears.example.org:444/x", ("https", "ears.example.org:444")),
        ("ws://ears.example.org", ("http", "ears.example.org")),
        ("https://[::1", ("", "")),
    ],
)
def test_a_web_socket_goes_where_its_request_goes(url: str, found: tuple[str, str]) -> None:
    assert origin(url) == found
