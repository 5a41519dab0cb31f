"""What tools are given of the platform: the pages of facts, and appointments in the database."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import structlog

from ..errors import ExtraMissing, ModelFileMissing, RapidaError
from ..knowledge.choices import Choices
from ..knowledge.search import FindEmbedder, Knowledge
from ..node.clock import Clock
from ..store import Store, appointments, assistants
from ..store.appointments import Appointment
from ..tools.base import Answer, Booking, ChosenAnswer

_log = structlog.get_logger(__name__)


class ToolServices:
    """`tools.base.PlatformServices` on this server's database."""

    def __init__(self, store: Store, embedder: FindEmbedder, clock: Clock) -> None:
        self._store = store
        self._embedder = _where_installed(embedder)
        self.knowledge = Knowledge(store, self._embedder)
        self._choices = Choices()
        self._clock = clock
        self._prepared: set[tuple[int, str, str]] = set()

    async def prepare(self, assistant_id: int, page: str, embeddings: str) -> None:
        """Load what compares meanings, and embed the page of an assistant's project, if it has one; once.

        Raises nothing: a page that is not there, or not to be read now, is told to who asks a question.
        """
        wanted = (assistant_id, page, embeddings)
        if wanted in self._prepared:
            return
        try:
            if page:
                async with self._store.read() as tx:
                    project_id = (await assistants.find(tx, assistant_id)).project_id
                await self.knowledge.prepare(project_id, page, embeddings=embeddings)
            else:
                await self._embedder(embeddings)
        except RapidaError as missing:
            _log.warning("page_not_ready", page=page, reason=str(missing))
        else:
            self._prepared.add(wanted)

    async def search(
        self, project_id: int, page: str, question: str, *, embeddings: str, most: int
    ) -> list[Answer]:
        """The passages of a page, the one that fits best first."""
        found = await self.knowledge.search(project_id, page, question, embeddings=embeddings, most=most)
        return [Answer(each.passage.title, each.passage.text, each.answers) for each in found]

    async def chosen(
        self, said: str, choices: Mapping[str, Sequence[str]], *, embeddings: str
    ) -> ChosenAnswer:
        """The choice that is meant; none where nothing compares meanings."""
        embedder = await self._embedder(embeddings) if embeddings else None
        if embedder is None:
            return ChosenAnswer("", sure=False)
        found = await self._choices.chosen(said, choices, embedder)
        return ChosenAnswer(found.choice, found.sure)

    async def booked(self, project_id: int, calendar: str, first: str, last: str) -> list[Booking]:
        """The appointments from `first` to `last`, in order of time."""
        async with self._store.read() as tx:
            found = await appointments.between(tx, project_id, calendar, first, last)
        return [Booking(each.starts_at, each.name, each.phone, each.note, each.id) for each in found]

    async def book(self, project_id: int, calendar: str, booking: Booking) -> None:
        """Raises `Conflict` when somebody has that time."""
        draft = Appointment(
            id=0,
            calendar=calendar,
            starts_at=booking.starts_at,
            name=booking.name,
            phone=booking.phone,
            note=booking.note,
        )
        async with self._store.write() as tx:
            await appointments.book(tx, project_id, draft, self._clock())

    async def move(self, booking: Booking, starts_at: str) -> None:
        """Raises `Conflict` when somebody has that time."""
        async with self._store.write() as tx:
            await appointments.move(tx, booking.id, starts_at, self._clock())

    async def cancel(self, booking: Booking) -> None:
        """Free its time."""
        async with self._store.write() as tx:
            await appointments.cancel(tx, booking.id, self._clock())


def _where_installed(embedder: FindEmbedder) -> FindEmbedder:
    """Without the extra, pages are searched by words: said once in the log."""
    told: set[str] = set()

    async def find(name: str) -> object:
        try:
            return await embedder(name)
        except (ExtraMissing, ModelFileMissing) as missing:
            if name not in told:
                told.add(name)
                _log.warning("searching_by_words", reason=str(missing))
            return None

    return find  # pyright: ignore[reportReturnType]
