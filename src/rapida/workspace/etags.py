"""ETags of what is read, changed and written back (RFC 9110, 8.8.3): a tag is drawn from what it names."""

from __future__ import annotations

import hashlib

import msgspec

from ..errors import Stale

ANY = "*"
"""In place of a tag: whatever there is, but something (RFC 9110, 13.1.1)."""


def etag_of(document: object) -> str:
    """How a document stands: another one after each change."""
    return f'"{hashlib.sha256(msgspec.json.encode(document)).hexdigest()[:16]}"'


def must_match(based_on: str | None, now: object, what: str, *, shown: object = None) -> None:
    """Raises `Stale` where a change is based on another document than the one that holds now.

    `based_on` is an `If-Match`, None = whatever holds. `shown` is what of the document its actor may see,
    where that is not all of it. A document of None is one that is not there.
    """
    must_match_tag(based_on, "" if now is None else etag_of(now), what, now if shown is None else shown)


def must_match_tag(based_on: str | None, tag: str, what: str, shown: object) -> None:
    """The same for a document whose tag, `tag`, is not drawn from it; "" = it is not there."""
    if based_on is None:
        return
    wanted = {each.strip() for each in based_on.split(",")}
    if not tag or not wanted & {ANY, tag}:
        raise Stale(
            f"{what} changed meanwhile: read what holds now, bring your change into it, and send that",
            tag,
            shown,
        )
