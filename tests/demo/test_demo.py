import msgspec
import pytest

from rapida import llm, stt, tts, vad
from rapida.assistant import Assistant
from rapida.demo import BY_PHRASES, front_desk, written
from rapida.llm.base import ToolCall
from rapida.providers.build import build
from tests.llm.flow.flow_call import FlowCall

OPENING_HOURS = "opening hours"


def front_desk_call() -> FlowCall:
    assistant = written(BY_PHRASES, 1)
    return FlowCall(assistant.llm.options["script"], assistant.variables)


def test_the_front_desk_is_an_assistant_under_the_id_it_is_given() -> None:
    assistant = front_desk(42, 7)
    assert (assistant.id, assistant.version) == (42, 7)
    assert msgspec.convert(msgspec.to_builtins(assistant), Assistant) == assistant


def test_the_front_desk_needs_no_credential_and_only_listed_providers() -> None:
    assistant = front_desk(1)
    for catalogue, provider in (
        (stt.CATALOGUE, assistant.stt),
        (llm.CATALOGUE, assistant.llm),
        (tts.CATALOGUE, assistant.tts),
        (vad.CATALOGUE, assistant.vad),
    ):
        assert provider.name in set(catalogue)
        assert provider.credential_id is None


def test_the_flow_opens_the_conversation_itself_and_can_be_built() -> None:
    assistant = front_desk(1)
    assert assistant.greeting == ""
    build(llm.CATALOGUE, assistant.llm.name, assistant.llm.options)


async def test_the_greeting_is_long_enough_to_be_interrupted() -> None:
    call = front_desk_call()
    await call.begins()
    before_the_question = call.spoken.partition("What are you calling about")[0]
    # A voice speaks two and a half to three words a second: eight to twelve seconds.
    assert 24 <= len(before_the_question.split()) <= 45
    assert call.question.barge_in == ""


async def test_a_whole_call_by_speech_and_keys_reaches_its_goodbye() -> None:
    call = front_desk_call()
    await call.begins()
    await call.says(OPENING_HOURS)
    assert "from eight in the morning" in call.spoken
    assert call.question.max_digits == 4
    await call.types("5551")
    assert "five five five one" in call.spoken
    await call.says("yes please")
    assert call.question.kind == "yes_no"
    await call.says("no thank you")
    assert call.spoken.endswith("Goodbye.")
    assert call.tool.name == "end_call"


@pytest.mark.parametrize("topic", ["appointments", OPENING_HOURS, "billing"])
async def test_each_phrase_that_the_menu_listens_for_is_understood(topic: str) -> None:
    call = front_desk_call()
    await call.begins()
    assert topic in call.question.phrases
    await call.says(topic)
    assert call.question.kind == "digits"


async def test_the_whole_call_survives_one_mishearing_at_every_question() -> None:
    call = front_desk_call()
    await call.begins()
    await call.mumbles()
    await call.types("2")
    await call.mumbles()
    await call.types("5551")
    await call.mumbles()
    await call.types("1")
    await call.mumbles()
    await call.types("2")
    assert call.tool.name == "end_call"


async def test_a_caller_who_is_never_understood_is_let_go_politely() -> None:
    call = front_desk_call()
    await call.begins()
    for _ in range(10):
        if any(isinstance(event, ToolCall) for event in await call.mumbles()):
            break
    assert call.tool.name == "end_call"
    assert "could not understand" in call.spoken
