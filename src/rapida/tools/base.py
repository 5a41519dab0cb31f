"""Tools: what an assistant can do besides talking."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from msgspec import Struct

from ..call.tool_requests import ToolSpec


class ToolCaller(Struct, frozen=True):
    """The call that uses a tool."""

    conversation_id: int
    variables: Mapping[str, str] = {}
    """The assistant's variables and the call's own, those that fill its prompt."""
    project_id: int = 0
    """Whose call it is: a tool that reads or writes rows does so for this project."""


class Answer(Struct, frozen=True):
    """A passage of a page of facts; `fits` = well enough for the question to be said."""

    title: str
    text: str
    fits: bool


class ChosenAnswer(Struct, frozen=True):
    """The choice that a caller's words mean, empty = none; `sure` = it need not be asked back."""

    choice: str
    sure: bool


class Booking(Struct, frozen=True):
    """Somebody's appointment. `starts_at` is the wall clock of the calendar, as "2027-03-31 14:30"."""

    starts_at: str
    name: str
    phone: str = ""
    note: str = ""
    id: int = 0


class PlatformServices(Protocol):
    """What the platform does for tools: pages of facts and appointments of the caller's project.

    Raises `NotFound` for a page that is not there, `Conflict` for a time that is taken, and `StoreError`.
    """

    async def search(
        self, project_id: int, page: str, question: str, *, embeddings: str, most: int
    ) -> list[Answer]:
        """The passages of a page, the one that fits best first."""
        ...

    async def chosen(
        self, said: str, choices: Mapping[str, Sequence[str]], *, embeddings: str
    ) -> ChosenAnswer:
        """The one of `choices` (each with its phrases) that is meant by what was said."""
        ...

    async def booked(self, project_id: int, calendar: str, first: str, last: str) -> list[Booking]:
        """The appointments from `first` to `last`, in order of time."""
        ...

    async def book(self, project_id: int, calendar: str, booking: Booking) -> None: ...

    async def move(self, booking: Booking, starts_at: str) -> None: ...

    async def cancel(self, booking: Booking) -> None: ...


class Tool(Protocol):
    """One tool of an assistant. `run` may be called by many calls at once, and only for a confirmed turn.

    A tool that holds connections has a coroutine `aclose` as well, which is awaited when the server stops.
    One that needs the platform's `PlatformServices` has a method `serve_with`, which is given them first.
    """

    spec: ToolSpec
    deadline_ms: int
    """0 = the assistant's default."""

    async def run(self, arguments: Mapping[str, Any], caller: ToolCaller) -> str:
        """The result as text the model can read. Raises `ProviderError`; bad arguments raise `ValueError`."""
        ...
