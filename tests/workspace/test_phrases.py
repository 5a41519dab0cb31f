"""The sentences that nobody wrote, in the assistant's language where they are known."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from rapida.assistant import Assistant, Idle
from rapida.workspace.overrides import SENTENCES
from rapida.workspace.phrases import PHRASES, in_language, still_english

SENT: dict[str, Any] = {"name": "n", "stt": {"name": "s"}, "llm": {"name": "l"}, "tts": {"name": "t"}}


def read(**more: Any) -> Assistant:
    return msgspec.convert({"id": 0, "version": 0, **in_language(SENT | more)}, Assistant)


@pytest.mark.parametrize("language", sorted(PHRASES))
def test_every_language_has_every_sentence_that_english_has(language: str) -> None:
    assert set(PHRASES[language]) == {*SENTENCES, "idle"} - {"greeting"}
    assert set(PHRASES[language]["idle"]) == {"prompts", "goodbye"}
    assert still_english(read(language=f"{language}-XX")) == []


def test_what_is_sent_stands_and_only_what_is_left_out_is_added() -> None:
    made = read(language="de-AT", filler_message="", idle={"timeout_s": 3, "goodbye": "Ciao."})
    assert (made.filler_message, made.idle.goodbye, made.idle.timeout_s) == ("", "Ciao.", 3)
    assert made.idle.prompts == ("Sind Sie noch da?",)
    assert made.error_message.startswith("Bei uns")


@pytest.mark.parametrize("language", ["en-US", "fi", 5, None])
def test_in_any_other_language_nothing_is_added(language: Any) -> None:
    assert in_language(SENT | {"language": language}) == SENT | {"language": language}


def test_sentences_that_are_still_english_are_known() -> None:
    assert still_english(read(language="fi", filler_message="Hetki.", idle={"prompts": ["Haloo?"]})) == [
        "unclear_message",
        "unclear_goodbye",
        "error_message",
        "warning_message",
        "duration_goodbye",
        "idle.goodbye",
    ]
    assert Idle().goodbye
