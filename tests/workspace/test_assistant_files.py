"""An assistant that is written to a file and sent back is the same assistant."""

from __future__ import annotations

from typing import Any, get_args

import msgspec
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from rapida.assistant import Assistant, BargeIn, Deadlines, Idle, KeypadSettings, Provider, TurnTaking
from rapida.store.credentials import Credential
from rapida.vault.sealing import Sealed
from rapida.workspace import phrases
from rapida.workspace.assistant_files import written
from rapida.workspace.limits import LIMITS

# What a request may hold: whole text, no control characters but a line end.
TEXT = st.text(st.characters(exclude_categories=["Cs", "Cc"], include_characters="\n\t"), max_size=40)
LINES = st.lists(TEXT, max_size=4).map("\n".join)
PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False) | LINES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=6,
)
PROVIDER = st.builds(
    Provider, st.sampled_from(["tone", "deepgram"]), st.dictionaries(TEXT, PLAIN, max_size=3)
)
BARGE_IN = st.sampled_from(get_args(BargeIn))


def numbers(struct: type[Any]) -> dict[str, st.SearchStrategy[Any]]:
    """A strategy for each number of a struct, within what it may be."""
    return {
        name: st.integers(int(limit.least), int(limit.most))
        for (owner, name), limit in LIMITS.items()
        if owner is struct and name.endswith(("_ms", "_digits", "_limit"))
    }


ASSISTANTS = st.builds(
    Assistant,
    id=st.just(7),
    version=st.just(2),
    name=TEXT,
    stt=PROVIDER,
    llm=PROVIDER,
    tts=PROVIDER,
    turn_end=st.none() | PROVIDER,
    prompt=LINES,
    variables=st.dictionaries(TEXT, TEXT, max_size=3),
    language=st.sampled_from(["en-US", "de-DE", "fr", "xx"]),
    greeting=LINES,
    greeting_barge_in=BARGE_IN,
    turn=st.builds(TurnTaking, barge_in=BARGE_IN, speculate=st.booleans(), **numbers(TurnTaking)),
    keypad=st.builds(KeypadSettings, **numbers(KeypadSettings)),
    deadlines=st.builds(Deadlines, **numbers(Deadlines)),
    idle=st.builds(
        Idle, st.floats(1, 600), st.lists(TEXT, max_size=3).map(tuple), st.just(Idle().goodbye) | TEXT
    ),
    unclear_message=st.just(phrases.PHRASES["de"]["unclear_message"]) | TEXT,
    filler_message=st.just("One moment, please.") | TEXT,
    tools=st.lists(PROVIDER, max_size=2).map(tuple),
    record=st.booleans(),
)


def read(text: str) -> Assistant:
    """A file as the server reads it."""
    sent = phrases.in_language(yaml.safe_load(text))
    return msgspec.convert({"id": 7, "version": 2, **sent}, Assistant)


@settings(max_examples=40, deadline=None)
@given(ASSISTANTS)
def test_what_is_written_is_read_again_unchanged(assistant: Assistant) -> None:
    text = written(assistant, [])
    assert read(text) == assistant
    assert written(read(text), []) == text


def an_assistant(**changes: Any) -> Assistant:
    tone = Provider("tone")
    return msgspec.structs.replace(Assistant(7, 2, "Desk", tone, tone, tone), **changes)


def a_credential(number: int, name: str, provider: str = "openai") -> Credential:
    return Credential(number, 1, provider, name, "", None, Sealed("key", b"wrapped", b"ciphertext"))


def test_only_what_differs_from_the_defaults_stands_in_a_file_and_texts_are_blocks() -> None:
    found = an_assistant(
        language="de-DE", prompt="Sei kurz.\nSei freundlich.\n", turn=TurnTaking(silence_ms=900)
    )
    spoken = phrases.in_language({"language": "de-DE"})
    german = msgspec.convert({**msgspec.to_builtins(found), **spoken}, Assistant)
    assert written(german, []) == (
        "name: Desk\n"
        "stt:\n  name: tone\n"
        "llm:\n  name: tone\n"
        "tts:\n  name: tone\n"
        "prompt: |\n  Sei kurz.\n  Sei freundlich.\n"
        "language: de-DE\n"
        "turn:\n  silence_ms: 900\n"
    )


def test_a_credential_stands_by_its_name_and_by_its_number_where_another_has_that_name() -> None:
    found = an_assistant(llm=Provider("openai", {"model": "m"}, 3))
    assert "credential: Mind\n" in written(found, [a_credential(3, "Mind"), a_credential(4, "Ear")])
    twice = [a_credential(3, "Mind"), a_credential(4, "Mind")]
    assert "credential_id: 3\n" in written(found, twice)
    assert "credential: Mind\n" in written(found, [a_credential(3, "Mind"), a_credential(4, "Mind", "x")])
    assert "credential_id: 3\n" in written(found, [])
