"""What callers hear for whom no call comes about, in the assistant's language and its own words."""

from __future__ import annotations

from typing import Any, get_args
from xml.etree import ElementTree

import msgspec
import pytest
from sqlalchemy import update

from rapida.assistant import Assistant
from rapida.store import assistants
from rapida.store.tables import assistants as assistants_table
from rapida.switchboard.inbound import WebhookAnswer
from rapida.switchboard.refusals import APOLOGY, NOT_CONNECTED, SENTENCES, Why, refusing
from rapida.workspace.phrases import PHRASES
from tests.switchboard.ready_node import NOON, ReadyNode, an_assistant, context_of

GERMAN = SENTENCES["de"]
SORRY = "Bei uns, {{name}}, ist etwas schiefgegangen."


def said(document: str) -> tuple[str | None, str | None]:
    """(language, sentence)."""
    say = ElementTree.fromstring(document)[0]
    assert say.tag == "Say"
    return say.get("language"), say.text


def heard(answer: WebhookAnswer) -> tuple[str, str | None, str | None]:
    return (answer.kind, *said(answer.document))


def test_every_language_of_our_sentences_has_every_refusal_and_no_two_are_alike() -> None:
    assert set(SENTENCES) == {"en", *PHRASES}
    assert all(set(each) == set(get_args(Why)) for each in SENTENCES.values())
    everything = [sentence for each in SENTENCES.values() for sentence in each.values()]
    assert len(set(everything)) == len(everything)


@pytest.mark.parametrize("why", get_args(Why))
@pytest.mark.parametrize(
    ("language", "spoken_in", "known"),
    [
        *[(f"{primary}-XX", None, primary) for primary in sorted(PHRASES)],
        ("de-AT", "de-DE", "de"),
        ("PT", "pt-PT", "pt"),
        ("en-GB", "en-GB", "en"),
    ],
)
def test_each_is_said_in_the_assistants_language(
    why: Why, language: str, spoken_in: str | None, known: str
) -> None:
    tag, sentence = said(refusing("twilio", why, an_assistant(language=language, error_message="")))
    assert sentence == SENTENCES[known][why]
    assert tag == spoken_in if spoken_in else tag is not None
    assert (tag or "").partition("-")[0] == known


@pytest.mark.parametrize("why", get_args(Why))
def test_an_assistant_of_another_language_or_none_at_all_refuses_in_english(why: Why) -> None:
    finnish = an_assistant(language="fi", error_message="")
    assert (
        said(refusing("twilio", why, finnish))
        == said(refusing("twilio", why, None))
        == (None, SENTENCES["en"][why])
    )


async def speaks(ready: ReadyNode, **changes: Any) -> None:
    """The assistant's version that is published from now on."""
    async with ready.node.store.write() as tx:
        old = await assistants.published(tx, ready.assistant_id)
        new = await assistants.add_version(tx, msgspec.structs.replace(old, **changes), NOON)
        await assistants.publish(tx, old.id, new.version)


@pytest.fixture
async def german(ready: ReadyNode) -> ReadyNode:
    await speaks(ready, language="de-AT", error_message=SORRY)
    return ready


async def test_a_number_that_is_off_says_so_in_the_assistants_language(german: ReadyNode) -> None:
    await german.deploy(enabled=False)
    assert heard(await german.rings()) == ("refused", "de-DE", GERMAN["not_connected"])


async def test_an_assistant_that_answers_no_telephone_says_so_in_its_language(german: ReadyNode) -> None:
    async with german.node.store.write() as tx:
        other = await assistants.create(tx, german.project_id, an_assistant("Other", language="nl"), NOON)
    answer = await german.rings(to=other.id)
    assert heard(answer) == ("refused", "nl-NL", SENTENCES["nl"]["not_connected"])


async def test_an_assistant_that_was_never_published_is_not_known_and_refused_in_english(
    german: ReadyNode,
) -> None:
    async with german.node.store.write() as tx:
        await tx.execute(update(assistants_table).values(published_version=None))
    assert heard(await german.rings()) == ("refused", None, NOT_CONNECTED)


async def test_busy_is_said_in_the_assistants_language(german: ReadyNode) -> None:
    german.accepting = False
    assert heard(await german.rings()) == ("busy", "de-DE", GERMAN["busy"])


async def test_a_call_that_cannot_go_on_hears_so_in_the_assistants_language(german: ReadyNode) -> None:
    assert heard(await german.rings(CallSid=None)) == ("refused", "de-DE", GERMAN["over"])
    context_id = context_of(await german.rings())
    await german.opens_stream(context_id)
    await german.reports(context_id, CallStatus="completed", SequenceNumber="3")
    assert heard(await german.rings()) == ("refused", "de-DE", GERMAN["over"])


@pytest.mark.parametrize("own", [None, "Leider, {{name}}."], ids=["assistant", "deployment"])
async def test_an_apology_is_the_assistants_own_as_it_is_deployed_with_the_calls_variables(
    german: ReadyNode, own: str | None
) -> None:
    await german.deploy(options={"error_message": own})
    await german.inbound.remember()
    german.store.goes_away()
    sorry = (own or SORRY).replace("{{name}}", "Ada")
    assert heard(await german.rings(query="name=Ada")) == ("apology", "de-DE", sorry)


async def test_an_assistant_without_a_sentence_for_it_apologises_in_ours(german: ReadyNode) -> None:
    await speaks(german, error_message="")
    await german.inbound.remember()
    german.store.goes_away()
    assert heard(await german.rings()) == ("apology", "de-DE", GERMAN["apology"])


async def test_a_version_that_cannot_be_read_keeps_no_line_from_being_remembered(
    german: ReadyNode, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def unreadable(*_: Any) -> Assistant:
        raise msgspec.ValidationError("an older assistant")

    with monkeypatch.context() as broken:
        broken.setattr(german.node.versions, "get", unreadable)
        await german.inbound.remember()
    german.store.goes_away()
    assert heard(await german.rings()) == ("apology", None, APOLOGY)
