"""Who plays in a call: the providers an assistant names, built once and shared by all its calls.

Importing and loading a provider can take seconds, so it is done in a thread, when the webhook announces the
call at the latest; what a call itself needs (its brain) is made from them in no time. A provider that cannot
be had is an error with a sentence, before the stream is let in.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Protocol, TypeVar, cast

import msgspec
import structlog

from .. import embeddings, llm, stt, tools, tts, turn_end, vad
from ..assistant import Assistant, Provider
from ..embeddings.base import Embedder
from ..engine.runner import Providers
from ..errors import ConfigurationError, NotFound, ProviderError, ProviderUnavailable, StoreError, VaultError
from ..knowledge.search import Knowledge
from ..node.clock import Clock, utc_now
from ..providers.build import build
from ..providers.registry import Registry
from ..store import Store, credentials
from ..store.credentials import Credential
from ..tools.base import Tool
from ..tts.base import TextToSpeech
from ..turn_end.base import TurnEndModel, TurnEndReader
from ..vault.sealing import Vault
from ..workers.fair_pool import Waits
from ..workspace.catalogue import check_address, with_address
from .calls_in_progress import kept_in
from .tool_services import ToolServices

_log = structlog.get_logger(__name__)

T = TypeVar("T")
PREPARED_AFTER_S = 2.0
"""The first greeting needs the processor more than a second of embedding does; it lasts longer than this, and
behind it comes the first question."""


Begun = Sequence[tuple[str, Provider, asyncio.Task[Any]]]
"""Providers without a credential whose start somebody else has begun, each with its family."""


class _Service(Protocol):
    async def start(self) -> None: ...

    async def aclose(self) -> None: ...


class ProviderCache:
    """All providers in use by this process, by what configures them."""

    def __init__(
        self,
        store: Store,
        vault: Vault,
        uses: Counter[int],
        clock: Clock = utc_now,
        begun: Begun = (),
    ) -> None:
        """`uses`: where it is counted that a call was given a credential's provider."""
        self._store = store
        self._vault = vault
        self._uses = uses
        self._made = {_key(family, wanted): task for family, wanted, task in begun}
        self._preparing: set[asyncio.Task[None]] = set()
        self._services = ToolServices(store, self._embedder, clock)

    async def of(self, assistant: Assistant, variables: Mapping[str, str]) -> Providers:
        """The providers of one call. Raises `ConfigurationError` or `ProviderError`, naming the provider."""
        ear, mind, voice, detector, ending = await asyncio.gather(
            self._service(stt.CATALOGUE, assistant.stt),
            self._service(llm.CATALOGUE, assistant.llm),
            self._service(tts.CATALOGUE, assistant.tts),
            self._service(vad.CATALOGUE, assistant.vad),
            self._turn_end(assistant.turn_end),
        )
        named = [await self._tool(wanted, assistant.id) for wanted in assistant.tools]
        known = {**assistant.variables, **variables}
        return Providers(
            stt=ear,
            brain=mind.brain(assistant.prompt, known),
            tts=voice,
            vad=detector,
            tools={tool.spec.name: tool for tool in named},
            turn_end=ending,
            variables=known,
        )

    async def voice(self, wanted: Provider) -> TextToSpeech:
        """A started voice of the asker's own, who closes it. Raises `ConfigurationError`, `ProviderError`."""
        return await self._make(tts.CATALOGUE, wanted, await self._credential(wanted), start=True)

    @property
    def knowledge(self) -> Knowledge:
        """The pages of facts that this process's calls search."""
        return self._services.knowledge

    @property
    def windows_dropped(self) -> int:
        """Windows of sound that voice detectors lost because the machine could not keep up."""
        up = (task.result() for task in self._made.values() if _is_up(task))
        return sum(getattr(each, "windows_dropped", 0) for each in up)

    @property
    def waits(self) -> list[Waits]:
        """How long work waited for the processes of each provider that counts it."""
        up = (task.result() for task in self._made.values() if _is_up(task))
        return [each.waits for each in up if hasattr(each, "waits")]

    async def aclose(self) -> None:
        """Close every provider."""
        for preparing in tuple(self._preparing):
            preparing.cancel()
        made, self._made = self._made, {}
        for task in made.values():
            if _is_up(task):
                close = getattr(task.result(), "aclose", None)
                if close is not None:
                    await close()
            else:
                task.cancel()

    async def _turn_end(self, wanted: Provider | None) -> TurnEndModel | TurnEndReader | None:
        return None if wanted is None else await self._service(turn_end.CATALOGUE, wanted)

    async def _service(self, catalogue: Registry[T], wanted: Provider) -> T:
        """A started service; the second to ask for the same one gets the first one's."""
        return await self._once(catalogue, wanted, start=True)

    async def _tool(self, wanted: Provider, assistant_id: int) -> Tool:
        tool = await self._once(tools.CATALOGUE, wanted, start=False)
        if (serve_with := getattr(tool, "serve_with", None)) is not None:
            serve_with(self._services)
        page, embedder = getattr(tool, "page", ""), getattr(tool, "embeddings", "")
        if page or embedder:
            kept_in(self._preparing, self._prepare(assistant_id, page, embedder))
        return tool

    async def _prepare(self, assistant_id: int, page: str, embedder: str) -> None:
        """Load what compares meanings and embed a page, beside all else, before anybody asks."""
        await asyncio.sleep(PREPARED_AFTER_S)
        await self._services.prepare(assistant_id, page, embedder)

    async def _embedder(self, name: str) -> Embedder:
        return await self._service(embeddings.CATALOGUE, Provider(name))

    async def _once(self, catalogue: Registry[T], wanted: Provider, *, start: bool) -> T:
        credential = await self._credential(wanted)
        # A replaced secret makes another provider; the old one serves the calls that have it.
        key = _key(catalogue.family, wanted, credential)
        if (task := self._made.get(key)) is None:
            task = asyncio.create_task(self._make(catalogue, wanted, credential, start=start))
            self._made[key] = task
        try:
            made = await asyncio.shield(task)
        except BaseException:
            # A failure is not kept: the next call tries again.
            if task.done() and self._made.get(key) is task:
                del self._made[key]
            raise
        if credential is not None:
            self._uses[credential.id] += 1
        return made

    async def _make(
        self, catalogue: Registry[T], wanted: Provider, credential: Credential | None, *, start: bool
    ) -> T:
        secret, options = None, wanted.options
        if credential is not None:
            options = await asyncio.to_thread(_addressed, catalogue, wanted, credential)
            secret = self._opened(wanted, credential)
        try:
            made = await asyncio.to_thread(build, catalogue, wanted.name, options, secret)
            if start:
                await cast("_Service", made).start()
        except (ConfigurationError, ProviderError):
            raise
        except Exception as unforeseen:
            # Whatever it is, the caller hears an apology for it. Its text may hold a secret.
            _log.exception("provider_broken", family=catalogue.family, provider=wanted.name)
            reason = f"it could not be started: {type(unforeseen).__name__}, see the log"
            raise ProviderUnavailable(wanted.name, reason) from unforeseen
        return made

    async def _credential(self, wanted: Provider) -> Credential | None:
        if wanted.credential_id is None:
            return None
        try:
            async with self._store.read() as tx:
                return await credentials.find(tx, wanted.credential_id)
        except NotFound:
            raise ConfigurationError(
                f"{wanted.name!r} has lost its credential {wanted.credential_id}: give it another one"
            ) from None
        except StoreError as away:
            raise ProviderUnavailable(wanted.name, "its credential cannot be read now") from away

    def _opened(self, wanted: Provider, credential: Credential) -> Mapping[str, str]:
        try:
            return self._vault.open(credential.place, credential.sealed)
        except VaultError as closed:
            raise ConfigurationError(f"{wanted.name!r}: {closed}") from closed


def _key(family: str, wanted: Provider, credential: Credential | None = None) -> bytes:
    sealed = b"" if credential is None else credential.sealed.ciphertext
    address = None if credential is None else credential.base_url
    return msgspec.json.encode((family, wanted, sealed, address))


def _is_up(task: asyncio.Task[Any]) -> bool:
    return task.done() and not task.cancelled() and task.exception() is None


def _addressed(catalogue: Registry[T], wanted: Provider, credential: Credential) -> Mapping[str, Any]:
    """The options with the credential's own address, which may have changed since the assistant was saved."""
    declared: Any = getattr(catalogue.load(wanted.name), "Options", None)
    written = with_address(declared, wanted.options, credential.base_url)
    try:
        options = msgspec.convert(written, declared, strict=False)
    except msgspec.ValidationError:
        return written  # building it says what is wrong
    check_address(catalogue.family, options, credential.base_url)
    return written
