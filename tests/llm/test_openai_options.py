"""What an OpenAI-compatible server's options may be, before anything is asked of it."""

from typing import Any

import pytest

from rapida import llm
from rapida.errors import ConfigurationError
from rapida.providers.build import build


@pytest.mark.parametrize(
    ("options", "help_"),
    [
        ({"base_url": "api.example.com/v1"}, "https://"),
        ({"base_url": "ftp://example.com"}, "https://"),
        ({"base_url": "http://[::1"}, "https://"),
        ({"base_url": "https://user:pass@example.com"}, "credential"),
        ({"base_url": "https://example.com/v1?api_key=x"}, "credential"),
        ({"headers": {"Authorization": "Bearer x"}}, "credential"),
        ({"headers": {"HOST": "elsewhere.example"}}, "base_url"),
    ],
)
def test_a_wrong_address_or_a_misplaced_key_is_refused(options: dict[str, Any], help_: str) -> None:
    with pytest.raises(ConfigurationError, match=help_):
        build(llm.CATALOGUE, "openai", {"model": "m", **options}, {"api_key": "sk-do-not-show-me"})


def test_a_server_without_keys_needs_no_credential() -> None:
    build(llm.CATALOGUE, "openai", {"model": "m", "base_url": "http://localhost:11434/v1"})
