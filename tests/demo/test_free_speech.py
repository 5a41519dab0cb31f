"""The front desk in free speech, with its real tools, on Wednesday, 11 March 2026, at ten in the morning."""

from __future__ import annotations

from datetime import datetime

import pytest

from rapida.assistant import Assistant
from rapida.demo import FREE_SPEECH, facts, written
from rapida.knowledge import passages
from rapida.knowledge.index import Index
from rapida.tools.base import Answer, Booking
from rapida.tools.calendar import Calendar, CalendarOptions
from rapida.tools.choose_by_meaning import ChooseByMeaning, ChooseByMeaningOptions
from rapida.tools.knowledge import SearchKnowledge, SearchKnowledgeOptions
from tests.llm.flow.flow_call import ServedFlowCall
from tests.tools.in_memory import InMemory

FRIDAY = "2026-03-13"
ANNA = Booking(f"{FRIDAY} 15:00", "Anna Miller", id=1)


class Facts(InMemory):
    """The demo's own page, searched by words."""

    async def search(
        self, project_id: int, page: str, question: str, *, embeddings: str, most: int
    ) -> list[Answer]:
        found = Index(passages.read(facts(), page)).search(question, None, most)
        return [Answer(each.passage.title, each.passage.text, each.answers) for each in found]


class DemoCall(ServedFlowCall):
    """A call of the demo's."""

    def __init__(self, assistant: Assistant, *standing: Booking) -> None:
        self.services = Facts({each.id: each for each in standing}, given=len(standing))
        calendar = Calendar(
            CalendarOptions(**assistant.tools[0].options),
            now=lambda zone: datetime(2026, 3, 11, 10, tzinfo=zone),
        )
        search = SearchKnowledge(SearchKnowledgeOptions(**assistant.tools[1].options))
        choosing = ChooseByMeaning(ChooseByMeaningOptions(**assistant.tools[2].options))
        for tool in (calendar, search, choosing):
            tool.serve_with(self.services)
        super().__init__(assistant.llm.options["script"], assistant.variables, calendar, search, choosing)

    @property
    def standing(self) -> list[tuple[str, str]]:
        return sorted((each.starts_at, each.name) for each in self.services.appointments.values())


async def called(*standing: Booking) -> DemoCall:
    call = DemoCall(written(FREE_SPEECH, 1), *standing)
    await call.begins()
    return call


async def conversation(call: DemoCall, *turns: tuple[str, str]) -> None:
    """Each thing said, and what the answer to it must hold."""
    for said, told in turns:
        answer = await call.hears(said)
        assert told in answer, f"{said!r} was answered with {answer!r}"


async def test_a_booking_step_by_step() -> None:
    call = await called()
    await conversation(
        call,
        ("I'd like to make an appointment.", "For which day?"),
        ("On Friday.", "On Friday, March 13 I have 8 AM, 1 PM or 5:30 PM. What time would you like?"),
        ("At three.", "What is your name"),
        ("Anna Miller.", "I have Anna Miller. Is that right?"),
        ("No, M-Y-L-L-E-R.", "I have Myller. Is that right?"),
        ("Anna Myller.", "I have Anna Myller. Is that right?"),
        ("Yes.", "Friday, March thirteenth at 3 PM, for Anna Myller. Shall I book that?"),
        ("Yes, please.", "You have an appointment on Friday, March 13 at 3 PM."),
        ("No, thank you.", "Goodbye."),
    )
    assert call.standing == [(f"{FRIDAY} 15:00", "Anna Myller")]
    assert call.over == "end_call"


async def test_a_booking_in_one_sentence_with_a_correction_and_a_question_in_between() -> None:
    call = await called()
    await conversation(
        call,
        (
            "Hi, this is Anna Miller, I need an appointment on Friday at three.",
            "I have Anna Miller. Is that right?",
        ),
        ("Yes.", "Friday, March thirteenth at 3 PM, for Anna Miller. Shall I book that?"),
        ("Where can I park?", "There is free parking behind the building."),
        ("No, make it Thursday.", "Thursday, March twelfth at 3 PM, for Anna Miller. Shall I book that?"),
        ("Actually, at half past four.", "Thursday, March twelfth at 4:30 PM, for Anna Miller."),
        ("Yes.", "You have an appointment on Thursday, March 12 at 4:30 PM."),
        ("That was all, thank you.", "Goodbye."),
    )
    assert call.standing == [("2026-03-12 16:30", "Anna Miller")]


async def test_a_time_that_is_taken_and_a_closed_day_are_refused_with_what_there_is() -> None:
    call = await called(ANNA)
    await conversation(
        call,
        ("A check-up, please, on Sunday.", "we are closed on Sunday, March 15. Which other day"),
        ("Then Friday at three.", "Friday, March 13 at 3 PM is taken. I could offer 2:30 PM or 3:30 PM."),
        ("Half past three.", "What is your name"),
        ("Peter Smith.", "I have Peter Smith."),
        ("Right.", "Friday, March thirteenth at 3:30 PM, for Peter Smith."),
        ("Yes.", "You have an appointment"),
    )
    assert call.standing == [(f"{FRIDAY} 15:00", "Anna Miller"), (f"{FRIDAY} 15:30", "Peter Smith")]


async def test_what_is_wrong_at_the_end_can_be_changed() -> None:
    call = await called()
    await conversation(
        call,
        ("Book an appointment for Friday at three.", "What is your name"),
        ("Anna Miller.", "Is that right?"),
        ("Yes.", "Shall I book that?"),
        ("No.", "What shall I change"),
        ("The time.", "What time would you like?"),
        ("Ten o'clock.", "Friday, March thirteenth at 10 AM, for Anna Miller. Shall I book that?"),
        ("No.", "What shall I change"),
        ("Monday.", "Monday, March sixteenth at 10 AM, for Anna Miller. Shall I book that?"),
        ("No.", "What shall I change"),
        ("The name.", "What is your name"),
        ("Peter Smith.", "I have Peter Smith."),
        ("Yes.", "at 10 AM, for Peter Smith. Shall I book that?"),
        ("No.", "What shall I change"),
        ("Nothing, forget it.", "Is there anything else"),
    )
    assert call.standing == []


async def test_an_appointment_is_moved() -> None:
    call = await called(ANNA)
    await conversation(
        call,
        ("I have to reschedule my appointment.", "Under which name was it booked?"),
        (
            "Miller.",
            "Anna Miller has an appointment on Friday, March 13 at 3 PM. To which day shall I move it?",
        ),
        ("Monday.", "On Monday, March 16 I have"),
        ("Nine.", "Your new time would be Monday, March sixteenth at 9 AM. Shall I move it?"),
        ("Yes.", "Your appointment is now on Monday, March 16 at 9 AM."),
        ("No.", "Goodbye."),
    )
    assert call.standing == [("2026-03-16 09:00", "Anna Miller")]


async def test_an_appointment_is_cancelled_and_a_second_thing_is_done_in_the_same_call() -> None:
    call = await called(ANNA)
    await conversation(
        call,
        ("I'd like to cancel my appointment.", "Under which name was it booked?"),
        ("It's under Smith.", "I cannot find an appointment under the name Smith. Could you spell"),
        (
            "M I double L E R",
            "Anna Miller has an appointment on Friday, March 13 at 3 PM. Shall I cancel it?",
        ),
        ("Yes.", "is cancelled. Is there anything else"),
        (
            "I'd like to book a new appointment on Monday at nine.",
            "Monday, March sixteenth at 9 AM, for Miller.",
        ),
        ("Yes.", "You have an appointment on Monday, March 16 at 9 AM."),
    )
    assert call.standing == [("2026-03-16 09:00", "Miller")]


async def test_of_several_appointments_the_day_is_asked() -> None:
    call = await called(ANNA, Booking("2026-03-16 10:00", "Anna Miller", id=2))
    await conversation(
        call,
        ("Cancel my appointment.", "Under which name"),
        ("Anna Miller.", "I see several appointments"),
        ("The one on Monday.", "Monday, March 16 at 10 AM. Shall I cancel it?"),
        ("No, wait.", "All right, it stays as it is."),
    )
    assert len(call.standing) == 2


async def test_questions_are_answered_from_the_page_or_said_to_be_unknown() -> None:
    call = await called()
    await conversation(
        call,
        ("When are you open?", "We are open from Monday to Friday"),
        ("Do you fit pacemakers?", "I do not know that. A colleague can tell you."),
        ("I have a toothache.", "come at eight in the morning without an appointment"),
    )
    assert call.question.kind == "choice"


async def test_a_message_is_taken() -> None:
    call = await called()
    await conversation(
        call,
        ("Can I leave a message?", "What shall I tell them?"),
        ("Where is my X-ray? Call me at five five five.", "I have noted it"),
        ("Please, I want to leave a message again.", "What shall I tell them?"),
        ("It is urgent.", "I have noted it"),
        ("Goodbye.", "Goodbye."),
    )
    assert [value for slot, value in call.brain.answers if slot == "message"] == [
        "Where is my X-ray? Call me at five five five.",
        "It is urgent.",
    ]


@pytest.mark.parametrize("said", ["I want to talk to a real person.", "Connect me to a colleague, please."])
async def test_a_caller_is_handed_over(said: str) -> None:
    call = await called()
    await conversation(call, (said, "I will connect you with a colleague."))
    assert (call.over, call.arguments) == ("transfer_call", {"to": "+15550100"})


@pytest.mark.parametrize("said", ["Connect me to a person.", "No, can I talk to somebody, please?"])
@pytest.mark.parametrize(
    "before", [(), ("On Friday.",), ("On Friday.", "At three."), ("On Friday.", "At three.", "Anna Miller.")]
)
async def test_a_caller_is_handed_over_in_the_middle_of_a_booking(before: tuple[str, ...], said: str) -> None:
    call = await called()
    await conversation(call, ("I need an appointment.", "For which day?"))
    for each in before:
        await call.hears(each)
    await conversation(call, (said, "I will connect you with a colleague."))
    assert call.over == "transfer_call"


async def test_who_is_never_understood_is_handed_over() -> None:
    call = await called()
    for _ in range(6):
        await call.mumbles()
        if call.over:
            break
    assert call.over == "transfer_call"


async def test_everything_in_the_menu_can_be_typed() -> None:
    for key, told in {"1": "For which day?", "2": "Under which name", "4": "What shall I tell"}.items():
        call = await called()
        await call.types(key)
        assert told in call.spoken
