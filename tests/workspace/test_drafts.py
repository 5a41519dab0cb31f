"""An assistant is checked when it is saved: whoever saves it learns what is wrong, not its first caller."""

from __future__ import annotations

from typing import Any

import pytest

from rapida.assistant import Assistant, BargeIn, Provider, TurnTaking
from rapida.errors import InvalidField, NotFound
from rapida.store import assistants, credentials, tenants
from rapida.store.deployments import PhoneOptions
from rapida.workspace.drafts import check, check_on_phone
from tests.switchboard.ready_node import NOON, ReadyNode

GOOD: dict[str, Any] = {"stt": Provider("scripted"), "llm": Provider("scripted"), "tts": Provider("tone")}
MODEL: dict[str, Any] = {"model": "m"}


def good(number: int = 0, **more: Any) -> Assistant:
    return Assistant(number, 0, "Front desk", **(GOOD | more))


async def checked(ready: ReadyNode, draft: Assistant) -> None:
    async with ready.node.store.read() as tx:
        await check(tx, ready.project_id, draft)


async def refused(ready: ReadyNode, draft: Assistant) -> InvalidField:
    with pytest.raises(InvalidField) as wrong:
        await checked(ready, draft)
    return wrong.value


async def a_key(
    ready: ReadyNode, provider: str = "openai", project_id: int = 0, base_url: str | None = None
) -> int:
    draft = credentials.CredentialDraft(
        project_id or ready.project_id, provider, "Key", {"api_key": "canary"}, base_url=base_url
    )
    async with ready.node.store.write() as tx:
        return (await credentials.create(tx, ready.node.vault, draft, NOON)).id


def with_model(credential_id: int | None, **options: Any) -> Assistant:
    return good(llm=Provider("openai", MODEL | options, credential_id))


async def test_a_whole_assistant_passes(ready: ReadyNode) -> None:
    await checked(ready, good())
    await checked(ready, with_model(await a_key(ready), temperature=0.2))


@pytest.mark.parametrize("zone", ["Europe/Atlantis", "../../etc/passwd", ""])
async def test_a_zone_that_is_none_is_named(ready: ReadyNode, zone: str) -> None:
    wrong = await refused(ready, good(zone=zone))
    assert (wrong.field, "Europe/Berlin" in wrong.problem) == ("zone", True)


@pytest.mark.parametrize(
    ("provider", "field", "said"),
    [
        (Provider("nobody"), "tts.name", "tone"),
        (Provider("tone", {"ms_per_char": 3}), "tts.options.ms_per_char", "ms_per_character"),
        (Provider("tone", {"ms_per_character": "long"}), "tts.options.ms_per_character", "int"),
        (Provider("tone", credential_id=1), "tts.credential_id", "takes no credential"),
        (Provider("elevenlabs", {"voice_id": "v"}), "tts.credential_id", "needs a credential"),
    ],
)
async def test_a_wrong_provider_option_or_credential_is_named(
    ready: ReadyNode, provider: Provider, field: str, said: str
) -> None:
    wrong = await refused(ready, good(tts=provider))
    assert wrong.field == field
    assert said in wrong.problem


async def test_a_credential_that_may_be_empty_may_be_left_out(ready: ReadyNode) -> None:
    await checked(ready, with_model(None, base_url="http://127.0.0.1:11434/v1"))


async def test_a_tool_is_checked_in_its_place(ready: ReadyNode) -> None:
    tools = (Provider("clock"), Provider("clock", {"loud": True}))
    wrong = await refused(ready, good(tools=tools))
    assert wrong.field == "tools[1].options.loud"


async def test_what_only_the_provider_itself_can_judge_is_judged_when_saved(ready: ReadyNode) -> None:
    for tool in (Provider("clock", {"zone": "Europe/Atlantis"}), Provider("clock", {"zone": ""})):
        wrong = await refused(ready, good(tools=(tool,)))
        assert wrong.field == "tools[0].options.zone"
    wrong = await refused(ready, good(llm=Provider("flow", {"script": "start: nowhere"})))
    assert wrong.field == "llm.options.script"


async def test_a_credential_of_another_provider_is_named(ready: ReadyNode) -> None:
    wrong = await refused(ready, with_model(ready.credential_id))
    assert (wrong.field, wrong.problem) == (
        "llm.credential_id",
        "it is a credential for 'twilio', not 'openai'",
    )


async def test_a_foreign_credential_is_not_there(ready: ReadyNode) -> None:
    async with ready.node.store.write() as tx:
        organization_id = await tenants.create_organization(tx, "Foreign", NOON)
        foreign = await tenants.create_project(tx, organization_id, "Foreign", NOON)
    theirs = await a_key(ready, project_id=foreign.id)
    for credential_id in (theirs, 999):
        with pytest.raises(NotFound, match=f"no credential {credential_id}"):
            await checked(ready, with_model(credential_id))


async def test_a_secret_for_another_host_than_its_own_is_refused(ready: ReadyNode) -> None:
    mine = await a_key(ready, base_url="https://llm.example.org/v1")
    await checked(ready, with_model(mine, base_url="https://llm.example.org/v1"))
    # It need not be said twice.
    await checked(ready, with_model(mine))
    wrong = await refused(ready, with_model(mine, base_url="https://other.example.org/v1"))
    assert (wrong.field, "llm.example.org only" in wrong.problem) == ("llm.options.base_url", True)


POCKETSPHINX = Provider("pocketsphinx")
SHOWS_WORDS = Provider("scripted", {"interims": True})
QUESTION = """
states:
  first:
    say: Hello.
    next: sure
  sure:
    ask: {{slot: sure, kind: yes_no, question: "Are you sure?", barge_in: {barge_in}}}
    next: bye
  bye: {{end: true}}
failed: bye
"""


def a_flow(barge_in: str) -> Provider:
    return Provider("flow", {"script": QUESTION.format(barge_in=barge_in)})


@pytest.mark.parametrize(
    ("field", "said", "written"),
    [
        ("turn.barge_in", "'words' needs", {"turn": TurnTaking(barge_in="words")}),
        ("greeting_barge_in", "'words' needs", {"greeting_barge_in": "words"}),
        ("llm.options.script", "state 'sure': ask.barge_in 'words' needs", {"llm": a_flow("words")}),
    ],
)
async def test_words_may_only_interrupt_where_words_are_shown(
    ready: ReadyNode, field: str, said: str, written: dict[str, Any]
) -> None:
    for ear in (POCKETSPHINX, Provider("scripted")):
        wrong = await refused(ready, good(stt=ear, **written))
        assert (wrong.field, said in wrong.problem, repr(ear.name) in wrong.problem) == (field, True, True)
    await checked(ready, good(stt=SHOWS_WORDS, **written))
    key = await a_key(ready, "deepgram")
    await checked(ready, good(stt=Provider("deepgram", credential_id=key), **written))


async def test_a_recogniser_without_interims_takes_every_other_way_to_interrupt(ready: ReadyNode) -> None:
    modes: tuple[BargeIn, ...] = ("always", "never")
    for mode in modes:
        turn = TurnTaking(barge_in=mode)
        await checked(ready, good(stt=POCKETSPHINX, turn=turn, greeting_barge_in=mode, llm=a_flow(mode)))


async def test_a_version_whose_phone_asks_for_words_cannot_be_published_without_them(
    ready: ReadyNode,
) -> None:
    await ready.deploy(options={"greeting_barge_in": "words"})
    wrong = await refused(ready, good(stt=POCKETSPHINX, number=ready.assistant_id))
    assert (wrong.field, "the phone deployment's greeting_barge_in" in wrong.problem) == ("stt.name", True)
    await checked(ready, good(stt=SHOWS_WORDS, number=ready.assistant_id))
    await checked(ready, good(stt=POCKETSPHINX))


async def test_a_phone_that_asks_for_words_needs_a_published_version_that_shows_them(
    ready: ReadyNode,
) -> None:
    async with ready.node.store.write() as tx:
        made = await assistants.create(tx, ready.project_id, good(stt=POCKETSPHINX), NOON)
        wished = PhoneOptions(greeting_barge_in="words")
        with pytest.raises(InvalidField) as wrong:
            await check_on_phone(tx, made.id, wished)
        await check_on_phone(tx, made.id, PhoneOptions(greeting_barge_in="never"))
        await assistants.add_version(tx, good(stt=SHOWS_WORDS, number=made.id), NOON)
        await assistants.publish(tx, made.id, 2)
        await check_on_phone(tx, made.id, wished)
    assert (wrong.value.field, "'pocketsphinx'" in wrong.value.problem) == ("greeting_barge_in", True)


async def test_an_assistant_is_not_saved_with_a_voice_that_there_is_not(ready: ReadyNode) -> None:
    wrong = await refused(ready, good(tts=Provider("espeak", {"voice": "de-DE"})))
    assert wrong.field == "tts.options.voice"
    assert "write 'de'" in wrong.problem
    await checked(ready, good(tts=Provider("espeak", {"voice": "de+f3"})))
