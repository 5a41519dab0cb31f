"""Random secrets that programs and browsers carry: API keys and session tokens.

They are 256 bits of chance, so what is stored is their SHA-256 and nothing slower is needed. Who may do what
with them is decided elsewhere.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass, field

KEY_PREFIX = "rpd_"
PUBLISHABLE_PREFIX = "rpp_"
PUBLISHABLE_BYTES = 18
"""144 bits, so that none is found by trying."""
SHOWN_CHARACTERS = 12
"""How much of a key may be shown in lists, so that people can tell their keys apart."""


@dataclass(frozen=True)
class Token:
    """A fresh secret: `text` is shown once, `digest` is stored."""

    text: str = field(repr=False)
    digest: str = field(repr=False)

    @property
    def prefix(self) -> str:
        """Its beginning, which is no secret."""
        return self.text[:SHOWN_CHARACTERS]


def new_api_key() -> Token:
    """A key for programs. Its first letters tell scanners of leaked secrets what it is."""
    return _token(KEY_PREFIX)


def new_publishable() -> str:
    """A token that stands in web pages, and is no secret: only what it allows makes it harmless."""
    return PUBLISHABLE_PREFIX + secrets.token_urlsafe(PUBLISHABLE_BYTES)


def new_session() -> Token:
    """A token for a browser's cookie."""
    return _token("")


def digest(text: str) -> str:
    """What is stored of a token."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def csrf_of(session: str) -> str:
    """The token that a page of ours sends back with its session's cookie; useless without that."""
    return hmac.new(session.encode("utf-8", "surrogatepass"), b"rapida csrf", hashlib.sha256).hexdigest()


def same(one: str, other: str) -> bool:
    """Compare two secrets in constant time."""
    return hmac.compare_digest(one.encode("utf-8", "surrogatepass"), other.encode("utf-8", "surrogatepass"))


def _token(prefix: str) -> Token:
    text = prefix + secrets.token_urlsafe(32)
    return Token(text, digest(text))
