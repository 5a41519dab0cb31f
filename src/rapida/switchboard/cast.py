"""Who plays in a call: the providers an assistant names, built once and shared by all its calls.

Importing and loading a provider can take seconds, so it is done in a thread, when the webhook announces the
call at the latest; what a call itself needs (its brain) is made from them in no time. A provider that cannot
be had is an error with a sentence, before the stream is let in.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any, Protocol, TypeVar, cast

import msgspec

from .. import llm, stt, tools, tts, turn_end, vad
from ..assistant import Assistant, Provider
from ..engine.runner import Providers
from ..provider import build
from ..registry import Registry
from ..store import Store, credentials
from ..tools.base import Tool
from ..turn_end.base import TurnEndModel
from ..vault import Vault

T = TypeVar("T")


class _Service(Protocol):
    async def start(self) -> None: ...

    async def aclose(self) -> None: ...


class Cast:
    """All providers in use by this process, by what configures them."""

    def __init__(self, store: Store, vault: Vault) -> None:
        self._store = store
        self._vault = vault
        self._made: dict[bytes, asyncio.Task[Any]] = {}

    async def of(self, assistant: Assistant, variables: Mapping[str, str]) -> Providers:
        """The providers of one call. Raises `ConfigurationError` or `ProviderError`, naming the provider."""
        ear, mind, voice, detector, ending = await asyncio.gather(
            self._service(stt.CATALOGUE, assistant.stt),
            self._service(llm.CATALOGUE, assistant.llm),
            self._service(tts.CATALOGUE, assistant.tts),
            self._service(vad.CATALOGUE, assistant.vad),
            self._turn_end(assistant.turn_end),
        )
        named = [await self._tool(wanted) for wanted in assistant.tools]
        return Providers(
            stt=ear,
            brain=mind.brain(assistant.prompt, {**assistant.variables, **variables}),
            tts=voice,
            vad=detector,
            tools={tool.spec.name: tool for tool in named},
            turn_end=ending,
        )

    async def aclose(self) -> None:
        """Close every provider."""
        made, self._made = self._made, {}
        for task in made.values():
            if task.done() and not task.cancelled() and task.exception() is None:
                close = getattr(task.result(), "aclose", None)
                if close is not None:
                    await close()
            else:
                task.cancel()

    async def _turn_end(self, wanted: Provider | None) -> TurnEndModel | None:
        return None if wanted is None else await self._service(turn_end.CATALOGUE, wanted)

    async def _service(self, catalogue: Registry[T], wanted: Provider) -> T:
        """A started service; the second to ask for the same one gets the first one's."""
        return await self._once(catalogue, wanted, start=True)

    async def _tool(self, wanted: Provider) -> Tool:
        return await self._once(tools.CATALOGUE, wanted, start=False)

    async def _once(self, catalogue: Registry[T], wanted: Provider, *, start: bool) -> T:
        key = msgspec.json.encode((catalogue.family, wanted))
        if (task := self._made.get(key)) is None:
            task = asyncio.create_task(self._make(catalogue, wanted, start=start))
            self._made[key] = task
        try:
            return await asyncio.shield(task)
        except BaseException:
            # A failure is not kept: the next call tries again.
            if task.done() and self._made.get(key) is task:
                del self._made[key]
            raise

    async def _make(self, catalogue: Registry[T], wanted: Provider, *, start: bool) -> T:
        secret = await self._secret(wanted)
        made = await asyncio.to_thread(build, catalogue, wanted.name, wanted.options, secret)
        if start:
            await cast("_Service", made).start()
        return made

    async def _secret(self, wanted: Provider) -> Mapping[str, str] | None:
        if wanted.credential_id is None:
            return None
        async with self._store.read() as tx:
            credential = await credentials.find(tx, wanted.credential_id)
        return self._vault.open(credential.place, credential.sealed)
