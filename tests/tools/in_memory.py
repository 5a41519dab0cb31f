"""The platform's services for tools, in memory: one page of facts, one calendar."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence

import msgspec

from rapida.errors import Conflict, NotFound
from rapida.knowledge.index import Index
from rapida.knowledge.passages import Passage
from rapida.tools.base import Answer, Booking, ChosenAnswer

FACTS = (
    Passage("Parking", "You can park behind the house.", ("Where can I park",)),
    Passage("Hours", "We are open on weekdays.", ("When are you open",)),
    *(Passage(f"Fact {number}", f"Something else {number}.") for number in range(8)),
)


@dataclasses.dataclass
class InMemory:
    """`tools.base.PlatformServices`; `appointments` are those that stand, by their number."""

    appointments: dict[int, Booking] = dataclasses.field(default_factory=dict[int, Booking])
    searched: list[tuple[int, str, str]] = dataclasses.field(default_factory=list[tuple[int, str, str]])
    given: int = 0

    async def search(
        self, project_id: int, page: str, question: str, *, embeddings: str, most: int
    ) -> list[Answer]:
        self.searched.append((project_id, page, embeddings))
        if page != "facts":
            raise NotFound("page of facts", repr(page), "there is facts")
        found = Index(FACTS).search(question, None, most)
        return [Answer(each.passage.title, each.passage.text, each.answers) for each in found]

    async def chosen(
        self, said: str, choices: Mapping[str, Sequence[str]], *, embeddings: str
    ) -> ChosenAnswer:
        held = [name for name, phrases in choices.items() if any(phrase in said for phrase in phrases)]
        return ChosenAnswer(held[0] if held else "", sure=bool(held))

    async def booked(self, project_id: int, calendar: str, first: str, last: str) -> list[Booking]:
        found = [each for each in self.appointments.values() if first <= each.starts_at <= last]
        return sorted(found, key=lambda each: each.starts_at)

    async def book(self, project_id: int, calendar: str, booking: Booking) -> None:
        self._free(booking.starts_at)
        self.given += 1
        self.appointments[self.given] = msgspec.structs.replace(booking, id=self.given)

    async def move(self, booking: Booking, starts_at: str) -> None:
        self._free(starts_at)
        self.appointments[booking.id] = msgspec.structs.replace(booking, starts_at=starts_at)

    async def cancel(self, booking: Booking) -> None:
        del self.appointments[booking.id]

    def _free(self, starts_at: str) -> None:
        if any(each.starts_at == starts_at for each in self.appointments.values()):
            raise Conflict(f"{starts_at} is taken")
