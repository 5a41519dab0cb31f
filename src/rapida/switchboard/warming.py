"""What a server's first callers need, made ready when it starts: workers, models and a first sentence.

The lines that were changed last are made ready, a handful of them: each may bring processes and models of its
own, and one that waits for its first caller holds their memory. It is done beside the calls, one line after
the other, and what cannot be built or reached is logged now, before a caller meets it.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from typing import Final, cast

import structlog

from ..assistant import Assistant
from ..engine.runner import Providers
from ..errors import NotFound, ProviderError, StoreError
from ..store import Store, assistants, lines
from ..tts.base import Sound, TextToSpeech
from ..workspace.overrides import with_options

MOST_LINES: Final = 8
"""Local speech takes some 100 MB, which assistants with the same options share; others wait 1.5 s, once."""
_log = structlog.get_logger(__name__)
Warm = Callable[[Assistant], Awaitable[Providers | None]]
"""Builds and starts an assistant's providers; None = one of them failed, which it has logged."""


async def warm_up(store: Store, warm: Warm) -> None:
    """Make the latest lines ready."""
    try:
        ready = [each for each in await _latest(store) if await _made_ready(each, warm)]
    except (StoreError, NotFound) as away:
        _log.warning("nothing_warmed", reason=str(away))
        return
    _log.info("warmed", assistants=[each.id for each in ready])


async def _latest(store: Store) -> list[Assistant]:
    async with store.read() as tx:
        found = await lines.latest(tx, MOST_LINES)
        return [
            with_options(await assistants.published(tx, line.assistant.id), line.deployment.options)
            for line in found
            if line.deployment is not None
        ]


async def _made_ready(assistant: Assistant, warm: Warm) -> bool:
    providers = await warm(assistant)
    if providers is None:
        return False
    # What a vendor speaks has its price, and nothing to be loaded here.
    if assistant.tts.credential_id is None:
        await _first_sound(providers.tts, assistant.greeting or assistant.error_message or "Hello.")
    return True


async def _first_sound(voice: TextToSpeech, text: str) -> None:
    try:
        async with aclosing(cast("AsyncGenerator[Sound, None]", voice.synthesize(text))) as sounds:
            async for _ in sounds:
                return
    except ProviderError as failed:
        _log.warning("voice_not_warmed", reason=str(failed))
