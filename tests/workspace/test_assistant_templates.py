"""Every template is a whole assistant, and holds a whole call, by text."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from rapida import llm
from rapida.assistant import Assistant, Provider
from rapida.errors import InvalidField
from rapida.providers.build import build
from rapida.store import credentials
from rapida.tools import CATALOGUE as TOOLS
from rapida.tools.calendar import Calendar, CalendarOptions
from rapida.workspace import assistant_changes, chosen_parts
from rapida.workspace.assistant_templates import template, templates
from tests.doubles.openai_double import OpenAIDouble
from tests.llm.flow.flow_call import ServedFlowCall
from tests.llm.talk import Talk
from tests.switchboard.ready_node import NOON, ReadyNode
from tests.tools.in_memory import InMemory
from tests.workspace.actors import an_actor

DATABASES = ("sqlite",)  # what is stored is tested beside the store


async def a_key(ready: ReadyNode, provider: str, base_url: str | None = None, name: str = "") -> int:
    draft = credentials.CredentialDraft(
        ready.project_id, provider, name or provider, {"api_key": "canary"}, base_url=base_url
    )
    async with ready.node.store.write() as tx:
        return (await credentials.create(tx, ready.node.vault, draft, NOON)).id


async def begun(ready: ReadyNode, **sent: Any) -> Assistant:
    """What `POST /v1/assistants` would save."""
    return (await assistant_changes.check(ready.node, await an_actor(ready), sent)).body


async def lacking(ready: ReadyNode, **sent: Any) -> InvalidField:
    with pytest.raises(InvalidField) as wrong:
        await begun(ready, **sent)
    return wrong.value


@pytest.mark.parametrize("name", [name for name, each in templates().items() if each.mind == "flow"])
async def test_a_template_with_a_flow_needs_no_key_and_nothing_but_a_name(
    ready: ReadyNode, name: str
) -> None:
    found = await begun(ready, template=name, name="Mine")
    assert (found.name, found.llm.name) == ("Mine", "flow")
    assert found.stt.credential_id is found.tts.credential_id is None


async def test_voice_ear_and_model_are_those_that_the_vault_opens(ready: ReadyNode) -> None:
    keys = {each: await a_key(ready, each) for each in ("deepgram", "openai", "elevenlabs")}
    found = await begun(ready, template="front_desk", name="Mine", variables={"business": "Crumb"})
    assert found.stt == Provider("deepgram", {}, keys["deepgram"])
    assert found.llm == Provider("openai", {"model": "gpt-4o-mini"}, keys["openai"])
    assert (found.tts.name, found.tts.credential_id) == ("elevenlabs", keys["elevenlabs"])
    assert found.variables == {"business": "Crumb"}
    assert [each.name for each in found.tools] == ["clock", "calendar"]


async def test_what_a_request_says_itself_is_never_replaced(ready: ReadyNode) -> None:
    await a_key(ready, "openai")
    found = await begun(
        ready,
        template="front_desk",
        name="Mine",
        prompt="You sell bread.",
        zone="Europe/Berlin",
        llm={"options": {"temperature": 0.2}},
        stt={"name": "scripted"},
        tts={"name": "tone"},
    )
    assert (found.prompt, found.stt.name, found.tts.name) == ("You sell bread.", "scripted", "tone")
    assert found.llm.options == {"model": "gpt-4o-mini", "temperature": 0.2}
    # Hours are meant in the assistant's zone.
    assert found.tools[1].options["zone"] == "Europe/Berlin"


async def test_a_model_that_nobody_has_is_lacking_and_a_server_of_ones_own_is_enough(
    ready: ReadyNode,
) -> None:
    wrong = await lacking(ready, template="front_desk", name="Mine")
    assert (wrong.field, "keep one (POST /v1/credentials)" in wrong.problem) == ("llm.name", True)
    own = {"name": "openai", "options": {"model": "m", "base_url": "http://127.0.0.1:11434/v1"}}
    assert (await begun(ready, template="front_desk", name="Mine", llm=own)).llm.options == own["options"]


async def test_a_credential_with_an_address_of_its_own_asks_for_the_models_name(ready: ReadyNode) -> None:
    number = await a_key(ready, "openai", "https://llm.example.org/v1")
    assert (await lacking(ready, template="front_desk", name="Mine")).field == "llm.options.model"
    found = await begun(ready, template="front_desk", name="Mine", llm={"options": {"model": "m"}})
    assert found.llm == Provider("openai", {"model": "m"}, number)


async def test_a_credential_that_was_verified_comes_before_a_newer_one(ready: ReadyNode) -> None:
    old = await a_key(ready, "openai", name="Old")
    await a_key(ready, "openai", name="New")
    async with ready.node.store.write() as tx:
        await credentials.verified(tx, old, NOON)
    assert (await begun(ready, template="front_desk", name="Mine")).llm.credential_id == old


async def test_another_language_gets_a_voice_that_speaks_it_and_an_ear_or_a_sentence(
    ready: ReadyNode,
) -> None:
    await a_key(ready, "openai")
    german: dict[str, Any] = {"template": "front_desk", "name": "Mine", "language": "de-DE"}
    wrong = await lacking(ready, **german)
    assert (wrong.field, "deepgram" in wrong.problem) == ("stt.name", True)
    await a_key(ready, "deepgram")
    found = await begun(ready, **german)
    assert (found.tts, found.greeting) == (Provider("espeak", {"voice": "de"}), "")
    assert "Speak the language whose BCP 47 tag is de-DE." in found.prompt


async def test_a_misspelt_template_is_told_the_nearest(ready: ReadyNode) -> None:
    wrong = await lacking(ready, template="remainder", name="Mine")
    assert str(wrong) == "template: there is no template 'remainder'; did you mean 'reminder'?"


async def test_a_credential_that_does_not_open_is_not_chosen(ready: ReadyNode) -> None:
    await a_key(ready, "openai")
    async with ready.node.store.write() as tx:
        await tx.execute(credentials.credentials.update().values(ciphertext=b"x" * 40))
    chosen, missing = await chosen_parts.choice(
        ready.node, await an_actor(ready), template("front_desk"), "en-US"
    )
    assert ("llm" in chosen, [each.field for each in missing]) == (False, ["llm.name"])


def a_call(name: str, variables: dict[str, str]) -> ServedFlowCall:
    """A call of a template's flow, on Wednesday, 11 March 2026."""
    begins = template(name)
    tools: list[Calendar] = []
    for each in begins.assistant.get("tools", ()):
        assert each["name"] == "calendar"
        options = CalendarOptions(**each.get("options", {}))
        tools.append(Calendar(options, now=lambda zone: datetime(2026, 3, 11, 10, tzinfo=zone)))
        tools[-1].serve_with(InMemory())
    return ServedFlowCall(begins.script, {**begins.assistant["variables"], **variables}, *tools)


CALLS: dict[str, tuple[dict[str, str], list[tuple[str, str]]]] = {
    "flow": (
        {"business": "Crumb"},
        [
            ("", "this is Crumb"),
            ("opening hours", "from nine to six"),
            ("yes", "opening hours, or leave a message"),
            ("leave a message", "At which number"),
            ("2025550143", "Is that right?"),
            ("yes", "call you back"),
            ("no", "Goodbye."),
        ],
    ),
    "appointment": (
        {},
        [
            ("", "Which day"),
            ("Friday", "What time would you like?"),
            ("at three", "your name"),
            ("Anna Miller", "I have Anna Miller"),
            ("yes", "Shall I book that?"),
            ("yes", "Goodbye."),
        ],
    ),
    "survey": (
        {"business": "Crumb"},
        [
            ("", "from one, not at all, to five"),
            ("nine", "from one to five"),
            ("4", "recommend"),
            ("yes", "improve"),
            ("the advice", "Thank you for your answers. Goodbye."),
        ],
    ),
    "reminder": (
        {"name": "Ada", "day": "Friday", "time": "3 PM"},
        [
            ("", "Hello Ada"),
            ("say it again", "an appointment on Friday at 3 PM"),
            ("I will come", "We look forward to seeing you. Goodbye."),
        ],
    ),
}
"""By template the variables of a call, and what the caller says or types with words of the answer."""


@pytest.mark.parametrize("name", CALLS)
async def test_a_call_by_text_reaches_its_goodbye(name: str) -> None:
    variables, turns = CALLS[name]
    call = a_call(name, variables)
    for said, answered in turns:
        assert call.over == ""
        await (call.begins() if not said else call.types(said) if said.isdigit() else call.says(said))
        spoken = await call.to_the_end()
        assert answered in spoken, (said, spoken)
    assert call.over == "end_call"


async def test_the_front_desk_asks_its_model_with_a_filled_prompt_and_its_tools(ready: ReadyNode) -> None:
    double = OpenAIDouble(words=("Crumb, ", "good morning."))
    async with double.running():
        options = {"model": "m", "base_url": f"{double.url}/v1"}
        sent = {"template": "front_desk", "name": "Mine", "variables": {"business": "Crumb"}}
        found = await begun(ready, **sent, llm={"name": "openai", "options": options})
        model = build(llm.CATALOGUE, found.llm.name, found.llm.options)
        await model.start()
        tools = tuple(build(TOOLS, each.name, each.options).spec for each in found.tools)
        talk = Talk(model.brain(found.prompt, found.variables), tools)
        await talk.says("Good morning.")
        await model.aclose()
    assert talk.spoken == "Crumb, good morning."
    asked = double.requests[-1].json
    assert asked["messages"][0]["content"].startswith("You answer the telephone of Crumb.")
    assert [each["function"]["name"] for each in asked["tools"]] == ["clock", "calendar"]


def test_every_template_with_a_flow_has_its_call_and_every_one_says_what_it_is() -> None:
    assert set(CALLS) == {name for name, each in templates().items() if each.mind == "flow"}
    assert {name: each.about for name, each in templates().items() if len(each.about) < 60} == {}
