"""Who may watch a call while it runs: a terminal, a page, a test.

Watchers are told what the core orders to be recorded, as it happens, on the event loop. They never hold a
call up. One that raises is a bug of its own: it is logged, and the other watchers are told all the same.
"""

from __future__ import annotations

from collections.abc import Callable

import structlog
from msgspec import Struct

from ..call.commands import EndCall, RecordEntry, RecordStages

_log = structlog.get_logger(__name__)


class Glimpse(Struct, frozen=True):
    """Something worth seeing in a call in progress, and whose call it is; `at_us` since the call's zero."""

    conversation_id: int
    project_id: int
    assistant_id: int
    at_us: int
    what: RecordEntry | RecordStages | EndCall


Watcher = Callable[[Glimpse], None]


class Live:
    """The watchers of all calls of this process."""

    def __init__(self) -> None:
        self._watchers: list[Watcher] = []

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
