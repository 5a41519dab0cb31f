"""What can never work together is refused, with a sentence that says what would."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from rapida.assistant import KeypadSettings, Provider, TurnTaking
from rapida.providers import outgoing
from tests.switchboard.ready_node import ReadyNode
from tests.workspace.test_drafts import GOOD, checked, good, refused

EAR = Provider("pocketsphinx")
FREE_EAR = Provider("moonshine")
MODEL = Provider("openai", {"model": "m", "base_url": "https://llm.example.org/v1"})
LOOK_UP: dict[str, Any] = {
    "name": "look_up",
    "description": "d",
    "url": "https://example.org/{{id}}",
    "parameters": {"type": "object", "properties": {"id": {"type": "string"}}, "required": ["id"]},
}
USING = """
failed: bye
states:
  first:
    tool: {name: look_up, arguments: {ARGUMENTS}, save: answer}
    next: bye
  bye: {end: true}
"""


def http(**changes: Any) -> Provider:
    return Provider("http", LOOK_UP | changes)


def using(arguments: str = 'id: "1"') -> Provider:
    return Provider("flow", {"script": USING.replace("ARGUMENTS", arguments)})


async def test_an_ear_for_a_flows_answers_is_refused_to_a_model_and_others_are_named(
    ready: ReadyNode,
) -> None:
    wrong = await refused(ready, good(stt=EAR, llm=MODEL))
    assert wrong.field == "stt.name"
    assert "take 'moonshine' or 'deepgram'" in wrong.problem
    await checked(ready, good(llm=MODEL))
    await checked(ready, good(stt=FREE_EAR, llm=MODEL))
    await checked(ready, good(stt=EAR))


async def test_an_ear_that_does_not_know_the_language_is_refused(ready: ReadyNode) -> None:
    wrong = await refused(ready, good(stt=EAR, language="de-DE"))
    assert (wrong.field, "hears en only" in wrong.problem) == ("stt.name", True)
    for language in ("en", "en-GB", "EN-us"):
        await checked(ready, good(stt=EAR, language=language))
    wrong = await refused(ready, good(stt=FREE_EAR, language="de-DE"))
    assert wrong.field == "stt.name"
    assert wrong.problem.endswith(
        "'moonshine' hears en only, and the assistant's language is de-DE: take 'deepgram'"
    )


async def test_only_words_may_interrupt_where_the_local_ear_shows_them(ready: ReadyNode) -> None:
    words = TurnTaking(barge_in="words")
    assert (await refused(ready, good(stt=EAR, turn=words))).field == "turn.barge_in"
    await checked(ready, good(stt=FREE_EAR, turn=words))


async def test_a_voice_that_does_not_speak_the_language_is_refused_and_others_are_named(
    ready: ReadyNode,
) -> None:
    voice = Provider("hibari")
    wrong = await refused(ready, good(tts=voice, language="de-DE"))
    assert wrong.field == "tts.name"
    assert "'hibari' speaks en only" in wrong.problem
    assert "take 'espeak' or 'elevenlabs'" in wrong.problem
    await checked(ready, good(tts=voice, language="en-GB"))


async def test_both_faults_of_an_ear_are_said_at_once(ready: ReadyNode) -> None:
    wrong = await refused(ready, good(stt=EAR, llm=MODEL, language="fr"))
    assert [each.field for each in wrong.all] == ["stt.name", "stt.name"]


async def test_tools_need_names_of_their_own(ready: ReadyNode) -> None:
    wrong = await refused(ready, good(tools=(http(), Provider("clock"), http())))
    assert (wrong.field, "tools[0]" in wrong.problem) == ("tools[2].options.name", True)
    wrong = await refused(ready, good(tools=(Provider("clock"), http(name="clock"))))
    assert wrong.field == "tools[1].options.name"
    wrong = await refused(ready, good(tools=(Provider("clock"), Provider("clock"))))
    assert wrong.field == "tools[1].name"
    await checked(ready, good(tools=(http(), http(name="look_again"), Provider("clock"))))


@pytest.mark.parametrize("name", ["end_call", "transfer_call", "two words", ""])
async def test_a_tool_can_have_no_name_that_is_taken_or_none(ready: ReadyNode, name: str) -> None:
    assert (await refused(ready, good(tools=(http(name=name),)))).field == "tools[0].options.name"


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("url", "example.org/x"),
        ("url", "https://example.org/{{what}}"),
        ("parameters", {"type": "string"}),
        ("headers", {"X-Name": "two\nlines"}),
        ("headers", {"X Name": "x"}),
        ("headers", {"X-Name": "Zoë"}),
        ("headers", {"Host": "elsewhere"}),
        ("method", "FETCH"),
        ("timeout_ms", "soon"),
    ],
)
async def test_a_tool_that_no_call_could_use_is_refused_with_or_without_a_secret(
    ready: ReadyNode, option: str, value: Any
) -> None:
    wrong = await refused(ready, good(tools=(http(**{option: value}),)))
    assert wrong.field.startswith(f"tools[0].options.{option}")


@pytest.mark.parametrize(
    "base_url",
    [
        "api.example.com/v1",
        "https://api.example.com/v1?api-version=2024",
        "https://user:word@api.example.com/v1",
        "https://",
    ],
)
async def test_an_address_that_no_model_could_be_asked_at_is_refused(ready: ReadyNode, base_url: str) -> None:
    model = Provider("openai", {"model": "m", "base_url": base_url})
    assert (await refused(ready, good(llm=model))).field == "llm.options.base_url"


@pytest.fixture
def nowhere_allowed() -> Iterator[None]:
    before = outgoing.policy._allowed
    outgoing.policy.allow(())
    yield
    outgoing.policy.allow(before)


@pytest.mark.usefixtures("nowhere_allowed")
@pytest.mark.parametrize("host", ["127.0.0.1:9", "localhost", "10.0.0.7", "169.254.169.254"])
async def test_a_host_in_a_private_network_is_refused_unless_the_operator_lists_it(
    ready: ReadyNode, host: str
) -> None:
    model = Provider("openai", {"model": "m", "base_url": f"http://{host}/v1"})
    wrong = await refused(ready, good(llm=model))
    assert (wrong.field, "RAPIDA_ALLOW_HOSTS" in wrong.problem) == ("llm.options.base_url", True)
    assert (await refused(ready, good(tools=(http(url=f"https://{host}/{{{{id}}}}"),)))).field == (
        "tools[0].options.url"
    )
    outgoing.policy.allow((host,))
    await checked(ready, good(llm=Provider("openai", {"model": "m", "base_url": f"http://{host}/v1"})))


async def test_a_flow_calls_only_tools_that_the_assistant_has_and_with_what_they_need(
    ready: ReadyNode,
) -> None:
    wrong = await refused(ready, good(llm=using()))
    assert (wrong.field, "no tool 'look_up'" in wrong.problem) == ("llm.options.script", True)
    wrong = await refused(ready, good(llm=using(""), tools=(http(),)))
    assert (wrong.field, "needs the arguments id" in wrong.problem) == ("llm.options.script", True)
    await checked(ready, good(llm=using(), tools=(http(),)))


async def test_every_fault_of_a_flow_has_an_entry_of_its_own(ready: ReadyNode) -> None:
    script = "states: {a: {say: Hi, next: b}, c: {ask: {slot: x, kind: digits, question: ''}, next: nowhere}}"
    wrong = await refused(ready, good(llm=Provider("flow", {"script": script})))
    assert len(wrong.all) >= 4
    assert {each.field for each in wrong.all} == {"llm.options.script"}
    assert all(each.problem.startswith("state ") for each in wrong.all)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"language": "English!"}, "language"),
        ({"language": ""}, "language"),
        ({"keypad": KeypadSettings(terminator="x")}, "keypad.terminator"),
        ({"variables": {"first name": "Ann"}}, "variables.first name"),
        ({"greeting": "Hello {{first name}}"}, "greeting"),
        ({"filler_message": "{{ }}"}, "filler_message"),
    ],
)
async def test_what_no_call_can_say_or_take_is_refused(
    ready: ReadyNode, changes: dict[str, Any], field: str
) -> None:
    assert (await refused(ready, good(**changes))).field == field


async def test_a_provider_that_cannot_be_built_for_an_unforeseen_reason_is_refused(
    ready: ReadyNode, monkeypatch: pytest.MonkeyPatch
) -> None:
    from rapida.tools.clock import ClockTool

    def broken(*_: object) -> None:
        raise KeyError("anyOf")

    monkeypatch.setattr(ClockTool, "__init__", broken)
    wrong = await refused(ready, good(tools=(Provider("clock"),)))
    assert (wrong.field, "cannot be made" in wrong.problem) == ("tools[0].options", True)


def test_the_plain_assistant_of_these_tests_is_one_that_can_be_saved() -> None:
    assert set(GOOD) == {"stt", "llm", "tts"}
