import textwrap
from datetime import date
from zoneinfo import ZoneInfo

import pytest

from rapida import llm
from rapida.errors import ConfigurationError
from rapida.llm.base import LanguageModel, ReplyRequest, StateEntered, TextDelta
from rapida.llm.flow import brain as module
from rapida.llm.flow.brain import Flow, FlowBrain, FlowOptions
from rapida.providers.build import build
from tests.llm.conformance import LlmConformance
from tests.llm.talk import Talk

from .flow_call import FlowCall

LOOKING = """
failed: bye
states:
  hello: {say: Welcome., ask: {slot: wish, kind: free, question: "What is it?"}, next: look}
  look: {say: One moment., tool: {name: look}, next: bye}
  bye: {say: There it is., end: true}
"""


class TestFlow(LlmConformance):
    @pytest.fixture
    async def model(self) -> LanguageModel:
        return Flow(FlowOptions(LOOKING))


def documented() -> str:
    """The example in the explanation of the format."""
    text = module.__doc__ or ""
    begin, end = text.index("    failed: operator"), text.index("At the top level")
    return textwrap.dedent(text[begin:end])


async def test_the_documented_example_answers_a_call() -> None:
    call = FlowCall(documented())
    await call.begins()
    assert call.spoken == "Welcome to Harbour Cycles. Is it about repairs, or opening hours?"
    await call.says("my tyre is broken")
    await call.types("1234")
    assert call.spoken == "I heard one two three four. Is that right?"
    await call.says("yes")
    assert call.tool.name == "ticket_status"
    call.result_comes('{"ticket": {"status": "ready"}}')
    await call.ask()
    assert call.spoken == "Your bicycle is ready. Goodbye."
    assert call.tool.name == "end_call"


def test_the_format_explains_every_field_there_is() -> None:
    from rapida.llm.flow.script import Ask, Choice, LookUp, Rule, Script, State, ToolUse

    text = module.__doc__ or ""
    for struct in (Script, State, Ask, Choice, ToolUse, LookUp, Rule):
        for name in struct.__struct_encode_fields__:
            assert f"`{name}`" in text or f"{name}:" in text, f"{struct.__name__}.{name}"


async def first_words(brain: FlowBrain) -> str:
    [_, first, *_] = [event async for event in brain.reply(ReplyRequest(1, ()))]
    return first.text if isinstance(first, TextDelta) else ""


async def test_two_calls_of_one_flow_have_their_own_variables_and_answers() -> None:
    flow = Flow(FlowOptions(documented()))
    one, other = flow.brain("", {}), flow.brain("", {"business": "Elsewhere"})
    assert await first_words(one) == "Welcome to Harbour Cycles. "
    assert other.progress.state == ""
    assert await first_words(other) == "Welcome to Elsewhere. "


async def test_days_are_counted_in_the_configured_zone() -> None:
    asked: list[str] = []

    def today(zone: ZoneInfo) -> date:
        asked.append(zone.key)
        return date(2026, 3, 11)

    await first_words(Flow(FlowOptions(documented(), zone="Asia/Tokyo"), today=today).brain("", {}))
    assert asked == ["Asia/Tokyo"]


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({}, "script"),
        ({"script": "states: {a: {nxt: b}}"}, "did you mean 'next'"),
        ({"script": "states: {a: {end: true}}", "zone": "Mars/Base"}, "IANA"),
        ({"script": "states: {a: {end: true}}", "file": "x"}, "no option 'file'"),
    ],
)
def test_a_wrong_configuration_is_refused_with_what_to_write(options: dict[str, str], told: str) -> None:
    with pytest.raises(ConfigurationError, match=told):
        build(llm.CATALOGUE, "flow", options)


async def test_each_reply_tells_the_state_that_the_flow_is_in_then() -> None:
    call = Talk(Flow(FlowOptions(documented())).brain("", {}))
    told = [await call.begins(), await call.says("opening hours")]
    entered = [each.name for reply in told for each in reply if isinstance(each, StateEntered)]
    assert entered == ["menu", "bye"]
