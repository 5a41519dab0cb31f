"""Who may watch a call while it runs: a terminal, a page, a test.

Watchers are told what the core orders to be recorded, and what the call is at, as it happens, on the event
loop. They never hold a call up. One that raises is a bug of its own: it is logged, and the other watchers are
told all the same.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Literal

import structlog
from msgspec import Struct

from ..call.commands import EndCall, RecordEntry, RecordStages
from ..call.states import FloorState

_log = structlog.get_logger(__name__)


class CallShown(Struct, frozen=True, tag=True):
    """A call is held from now on."""

    version: int
    direction: Literal["inbound", "outbound"]
    assistant_name: str = ""
    caller: str = ""
    callee: str = ""


class StreamShown(Struct, frozen=True, tag=True):
    """The carrier's stream has started: the call is connected."""


class FloorShown(Struct, frozen=True, tag=True):
    """Who may speak now has changed."""

    floor: FloorState


class ThoughtShown(Struct, frozen=True, tag=True):
    """The model was asked for a reply, which has no sound yet."""

    turn_id: int


class FlowShown(Struct, frozen=True, tag=True):
    """The call's flow stands in another state now."""

    state: str


class ToolShown(Struct, frozen=True, tag=True):
    """A tool began, or ended so."""

    name: str
    end: Literal["", "answered", "failed", "late", "misused"] = ""


class SecretShown(Struct, frozen=True, tag=True):
    """The caller types digits that nobody may see, or has done so."""

    typing: bool


class WordsShown(Struct, frozen=True, tag=True):
    """The agent is about to say something. How much of it was heard is told by its line."""

    text: str


Shown = (
    RecordEntry
    | RecordStages
    | EndCall
    | CallShown
    | StreamShown
    | FloorShown
    | ThoughtShown
    | FlowShown
    | ToolShown
    | SecretShown
    | WordsShown
)


class Glimpse(Struct, frozen=True):
    """Something worth seeing in a call in progress, and whose call it is; `at_us` since the call's zero."""

    conversation_id: int
    project_id: int
    assistant_id: int
    at_us: int
    what: Shown


Watcher = Callable[[Glimpse], None]
Levels = Callable[[], tuple[float, float]]
"""How loud the caller and the agent are just now, in dBFS."""


class Live:
    """The watchers of all calls of this process, and the calls' level meters."""

    def __init__(self) -> None:
        self._watchers: list[Watcher] = []
        self._meters: dict[int, Levels] = {}

    def watch(self, watcher: Watcher) -> Callable[[], None]:
        """Tell `watcher` about every call from now on; the returned function ends that."""
        self._watchers.append(watcher)

        def leave() -> None:
            self._watchers.remove(watcher)

        return leave

    def tell(self, glimpse: Glimpse) -> None:
        """Show every watcher of this moment something; one may leave while it is told."""
        for watcher in tuple(self._watchers):
            try:
                watcher(glimpse)
            except Exception:  # noqa: BLE001
                _log.exception("watcher_broken")

    @property
    def meters(self) -> Mapping[int, Levels]:
        """By conversation. Reading one costs a few microseconds, so nobody reads them unasked."""
        return self._meters

    def meter(self, conversation_id: int, levels: Levels | None) -> None:
        """Offer a call's levels, or with None no longer."""
        if levels is None:
            self._meters.pop(conversation_id, None)
        else:
            self._meters[conversation_id] = levels
