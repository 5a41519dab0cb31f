"""Talks of pages of other sites: what a publishable token allows, and to which page.

The token is no secret, so nothing hangs on who knows it: it opens one assistant's published version, from
pages of its origins, so many times a minute. A program can say any origin; for it the rate is the limit, and
the assistant's own number of calls at once.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from ..errors import NotAllowed, TooManyTries
from ..node.node import Node
from ..store import publishable_tokens
from ..store.publishable_tokens import COUNTED_FOR
from ..telephony.door import Admission, Refusal
from ..workspace.actor import Actor
from .talks import OpenedTalk, TalkRequest, Talks

WAIT_S: Final = int(COUNTED_FOR.total_seconds())


class TokenRefused(NotAllowed):
    """A publishable token that nobody made, or that was revoked."""


class OriginRefused(NotAllowed):
    """A page that the token is not for."""


class PageTalks:
    """Opens talks for pages of other sites, and lets their streams in."""

    def __init__(self, node: Node, talks: Talks) -> None:
        self._node = node
        self._talks = talks

    async def open(self, token: str, origin: str | None, variables: Mapping[str, str]) -> OpenedTalk:
        """Begin a talk by sound.

        Raises `TokenRefused`, `OriginRefused`, `TooManyTries`, and what `Talks.open` does.
        """
        now = self._node.clock()
        async with self._node.store.write() as tx:
            found = await publishable_tokens.presented(tx, token)
            if found is None or found[0].revoked_at is not None:
                raise TokenRefused("this publishable token is unknown or was revoked: make a new one")
            known, organization_id = found
            if origin is None or origin.lower() not in known.origins:
                page = origin or "no origin"
                raise OriginRefused(
                    f"this publishable token is not for pages of {page}: make one that names it"
                )
            if not await publishable_tokens.count_call(tx, known.id, now):
                most = known.calls_per_minute
                raise TooManyTries(f"the calls of this minute are used up: the token allows {most}", WAIT_S)
        actor = Actor(organization_id, known.project_id, "viewer", f"publishable_token:{known.id}")
        request = TalkRequest(known.assistant_id, variables=variables)
        return await self._talks.open(actor, request, origin.lower())

    async def admit(self, context_id: str, origin: str | None) -> Admission | Refusal:
        """Decide on the upgrade of such a talk's socket. Raises `StoreError`."""
        if origin is None:
            return Refusal(403, "a page of another site must say its Origin")
        return await self._talks.admit(context_id, _nobody, origin.lower())


async def _nobody(project_id: int) -> Actor:
    """Such a talk is no person's."""
    del project_id
    raise NotAllowed("this context is a person's: it is opened by that person's session")
