"""What may be meant is said to whoever saves it, and refused to nobody."""

from __future__ import annotations

from typing import Any

import pytest

from rapida.assistant import Assistant, Deadlines, Idle, Provider, TurnTaking
from rapida.store import deployments
from rapida.store.deployments import PhoneOptions
from rapida.workspace import hints
from rapida.workspace.drafts import check, check_on_phone
from tests.switchboard.ready_node import NOON, ReadyNode, an_assistant
from tests.workspace.test_drafts import good

OPEN = """
variables: {business: ""}
failed: bye
states:
  first:
    ask: {slot: wish, kind: free, question: "What can I do for you, {{business}}?"}
    next: bye
  bye: {say: Bye., end: true}
"""
FLOW = Provider("flow", {"script": OPEN})
EAR = Provider("pocketsphinx")


async def hinted(ready: ReadyNode, draft: Assistant) -> list[str]:
    async with ready.node.store.read() as tx:
        return await check(tx, ready.project_id, draft)


async def test_an_assistant_that_is_clear_gets_no_hint(ready: ReadyNode) -> None:
    assert await hinted(ready, good(greeting="Hello {{client_number}}.")) == []
    assert await hinted(ready, good(greeting="Hello {{a}}.", variables={"a": "Ann"})) == []


async def test_a_name_without_a_value_is_told_with_every_place_that_asks_for_it(ready: ReadyNode) -> None:
    draft = good(greeting="Hello {{name}}.", idle=Idle(prompts=("{{name}}?",)), prompt="Be kind to {{name}}.")
    (hint,) = await hinted(ready, draft)
    assert hint.startswith("{{name}} (greeting, idle.prompts[0], prompt) has no value")


async def test_a_flow_is_looked_through_too(ready: ReadyNode) -> None:
    told = await hinted(ready, good(stt=EAR, llm=FLOW, prompt="Be kind.", zone="Europe/Berlin"))
    assert [hint.split(" ")[0] for hint in told] == ["{{business}}", "A", "The", "The"]
    assert "reads no `prompt`" in told[1]
    assert "means its days in UTC" in told[2]
    assert "'first' asks an open question" in told[3]
    assert "keys only" in told[3]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"tts": Provider("espeak", {"voice": "de+f3"})}, "`tts.options.voice` is 'de+f3'"),
        ({"tts": Provider("espeak"), "language": "fr"}, "`tts.options.voice` is 'en-us'"),
        ({"language": "fi"}, "error_message"),
        ({"llm": FLOW, "language": "fi"}, "in English, not in fi"),
        ({"warning_before_s": 60.0, "max_duration_s": 60.0}, "never said"),
    ],
)
async def test_what_may_be_an_oversight_is_told(ready: ReadyNode, changes: dict[str, Any], said: str) -> None:
    told = await hinted(ready, good(**changes))
    assert any(said in hint for hint in told), told


async def test_a_voice_that_speaks_the_assistants_language_is_no_oversight(ready: ReadyNode) -> None:
    assert await hinted(ready, good(tts=Provider("espeak"), language="en-GB")) == []


async def test_a_deployments_words_are_looked_at_with_its_assistants_variables(ready: ReadyNode) -> None:
    options = PhoneOptions(greeting="Hello {{name}} of {{company}}.", announcement="Recorded.", record=False)
    told = [*hints.of_deployment(an_assistant(variables={"company": "Acme"}), options)]
    assert (len(told), told[0].startswith("{{name}} (greeting)"), "never said" in told[1]) == (2, True, True)
    async with ready.node.store.read() as tx:
        assert len(await check_on_phone(tx, ready.assistant_id, PhoneOptions(greeting="{{x}}"))) == 1


async def test_two_assistants_with_one_number_are_told_of_each_other(ready: ReadyNode) -> None:
    from rapida.store import assistants

    await ready.deploy(phone_number="+14155550100")
    async with ready.node.store.write() as tx:
        other = await assistants.create(tx, ready.project_id, an_assistant("Night desk"), NOON)
        put = await deployments.put_phone(
            tx, ready.project_id, other.id, "twilio", ready.credential_id, NOON, phone_number="+14155550100"
        )
        assert await deployments.sharing(tx, put) == ["Front desk"]
        put = await deployments.put_phone(tx, ready.project_id, other.id, "twilio", ready.credential_id, NOON)
        assert await deployments.sharing(tx, put) == []
    assert "'Front desk'" in hints.sharing("+14155550100", ["Front desk"])


def numbers(**changes: Any) -> list[str]:
    return [*hints._without_effect(an_assistant(**changes))]


TOOL, MODEL = (Provider("clock"),), Provider("any")


@pytest.mark.parametrize(
    ("senseless", "sensible", "told"),
    [
        (
            {"turn": TurnTaking(stop_ms=800, silence_ms=700)},
            {"turn": TurnTaking(stop_ms=700, silence_ms=700)},
            ("`turn.silence_ms` (700) decides nothing", "`turn.stop_ms` (800)"),
        ),
        (
            {"turn": TurnTaking(incomplete_ms=600), "turn_end": MODEL},
            {"turn": TurnTaking(incomplete_ms=600)},
            ("`turn.incomplete_ms` (600) is shorter than `turn.silence_ms` (700)",),
        ),
        (
            {"deadlines": Deadlines(filler_ms=2000, tool_ms=2000), "tools": TOOL},
            {"deadlines": Deadlines(filler_ms=2000, tool_ms=2000), "tools": TOOL, "filler_message": ""},
            ("`deadlines.filler_ms` (2000)", "`deadlines.tool_ms`, 2000"),
        ),
        (
            {"idle": Idle(timeout_s=60), "max_duration_s": 60},
            {"idle": Idle(timeout_s=60), "max_duration_s": 61},
            ("`idle.timeout_s` (60) is never reached", "(`max_duration_s`, 60)"),
        ),
    ],
    ids=["silence", "incomplete", "filler", "idle"],
)
def test_a_number_that_another_one_leaves_nothing_to_decide_is_told(
    senseless: dict[str, Any], sensible: dict[str, Any], told: tuple[str, ...]
) -> None:
    (hint,) = numbers(**senseless)
    assert all(each in hint for each in told)
    assert numbers(**sensible) == []


async def test_numbers_without_effect_are_hinted_at_when_an_assistant_is_saved(ready: ReadyNode) -> None:
    (hint,) = await hinted(ready, good(turn=TurnTaking(stop_ms=800)))
    assert hint.startswith("`turn.silence_ms` (700) decides nothing")
