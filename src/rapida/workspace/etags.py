"""ETags of documents that are read, changed and written back whole (RFC 9110, 8.8.3)."""

from __future__ import annotations

import hashlib

import msgspec

from ..errors import Stale


def etag_of(document: object) -> str:
    """How a document stands: another one after each change."""
    return f'"{hashlib.sha256(msgspec.json.encode(document)).hexdigest()[:16]}"'


def must_match(based_on: str | None, now: object, what: str) -> None:
    """Raises `Stale` where a change is based on another document than the one that holds now."""
    if based_on not in {None, "*", etag_of(now)}:
        raise Stale(
            f"{what} were changed meanwhile: read them, bring your change into them, and send again",
            etag_of(now),
        )
