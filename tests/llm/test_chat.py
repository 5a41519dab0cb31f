"""The chat format: what is sent alternates, what is read may be loose."""

from __future__ import annotations

from typing import Any

import pytest

from rapida.call.commands import Message, ToolRequest
from rapida.llm.base import CutShort, ToolCall, Usage
from rapida.llm.chat import NOTES, ChatAnswer, chat_messages


def chunk(delta: Any = None, **choice: Any) -> dict[str, Any]:
    return {"choices": [{"delta": delta, **choice}]}


def spoken(*chunks: Any) -> str:
    answer = ChatAnswer("x")
    return "".join(answer.take(each) for each in chunks)


# Reading


@pytest.mark.parametrize(
    "chunks",
    [
        [chunk({"content": "We open at nine."})],
        [
            None,
            [],
            "x",
            7,
            {},
            {"choices": None},
            {"choices": [None]},
            chunk({"content": "We open at nine."}),
        ],
        [chunk({"content": None}), chunk(), chunk({"content": "We open "}), chunk({"content": "at nine."})],
        [chunk({"content": [{"type": "text", "text": "We open "}, "at nine."]})],
        [chunk({"content": {"text": "We open at nine."}})],
        [
            chunk({"content": [{"type": "thinking", "thinking": [{"text": "Hm."}]}]}),
            chunk({"content": "We open at nine."}),
        ],
        [
            chunk({"content": "", "reasoning_content": "Hm.", "reasoning": "Hm."}),
            chunk({"content": "We open at nine."}),
        ],
        [chunk({"refusal": "We open at nine."})],
        [{"choices": [{"message": {"role": "assistant", "content": "We open at nine."}}]}],
        [chunk({"content": "We open at nine."}), {"choices": [{"message": {"content": "We open at nine."}}]}],
        [
            {
                "choices": [
                    {"index": 0, "delta": {"content": "We open at nine."}},
                    {"index": 1, "delta": {"content": "No."}},
                ]
            }
        ],
    ],
)
def test_the_words_are_found_in_every_form_and_nothing_else_is_spoken(chunks: list[Any]) -> None:
    assert spoken(*chunks) == "We open at nine."


@pytest.mark.parametrize(
    ("pieces", "text"),
    [
        (["nine. \ud83d", "\ude00!"], "nine. \U0001f600!"),
        (["a\ud83d", "b"], "ab"),
        (["a\ude00b"], "ab"),
        (["a\ud83d"], "a"),
    ],
)
def test_a_character_in_two_halves_is_joined_and_a_lone_half_dropped(pieces: list[str], text: str) -> None:
    assert spoken(*(chunk({"content": piece}) for piece in pieces)) == text


@pytest.mark.parametrize(
    ("usage", "known"),
    [
        ({"prompt_tokens": 7, "completion_tokens": 2}, Usage(7, 2)),
        ({"prompt_tokens": None, "completion_tokens": None}, Usage(0, 0)),
        ({"prompt_tokens": 7.0, "completion_tokens": "2"}, Usage(7, 0)),
        ({}, None),
        (None, None),
        ("x", None),
    ],
)
def test_usage_is_taken_as_far_as_it_is_numbers(usage: Any, known: Usage | None) -> None:
    answer = ChatAnswer("x")
    answer.take({"choices": [], "usage": usage})
    assert answer.usage == known


@pytest.mark.parametrize(
    ("reason", "finished", "cut"),
    [
        ("stop", True, None),
        ("tool_calls", True, None),
        ("eos", True, None),
        ("length", True, CutShort("length")),
        ("content_filter", True, CutShort("content_filter")),
        (None, False, None),
        ("", False, None),
    ],
)
def test_why_a_reply_ended_is_known(reason: str | None, finished: bool, cut: CutShort | None) -> None:
    answer = ChatAnswer("x")
    answer.take(chunk({"content": "Hi"}, finish_reason=reason))
    assert (answer.finished, answer.cut_short) == (finished, cut)


def test_tool_calls_are_taken_whatever_the_reason_to_finish_says() -> None:
    answer = ChatAnswer("made-up")
    function = {"name": "look", "arguments": {"at": 1}}
    answer.take(chunk({"tool_calls": [{"index": 0, "id": "a", "function": function}]}, finish_reason="stop"))
    answer.take(chunk({"function_call": {"name": "book", "arguments": "{}"}}))
    assert answer.calls() == [ToolCall("a", "look", '{"at": 1}'), ToolCall("made-up-1", "book", "{}")]


# Sending


def test_arguments_that_are_no_json_are_not_sent_back() -> None:
    memory = (Message("user", "hi"), Message("assistant", "", tools=(ToolRequest("c", "look", '{"n": '),)))
    [_, said] = chat_messages("", memory)
    assert said["tool_calls"][0]["function"] == {"name": "look", "arguments": "{}"}


def test_users_and_assistants_alternate_and_a_user_begins() -> None:
    wanted = (ToolRequest("c1", "look", "{}"), ToolRequest("c2", "look", "{}"))
    memory = (
        Message("assistant", "Hello."),
        Message("assistant", "Are you there?"),
        Message("user", "yes"),
        Message("user", "12", kind="keys"),
        Message("assistant", "One moment."),
        Message("assistant", "", tools=wanted),
        Message("tool", "found", call_id="c1"),
        Message("tool", "nothing", call_id="c2"),
        Message("assistant", "Here it", cut=True),
        Message("assistant", "One thing more."),
        Message("user", "", kind="unclear"),
    )
    messages = chat_messages("Be kind.", memory)
    assert [message["role"] for message in messages] == [
        "system", "user", "assistant", "user", "assistant", "tool", "tool", "assistant", "user",
    ]  # fmt: skip
    assert messages[1]["content"] == NOTES["opening"]
    assert messages[2]["content"] == "Hello.\nAre you there?"
    assert messages[3]["content"] == "yes\n[Typed on the keypad: 12]"
    assert (messages[4]["content"], len(messages[4]["tool_calls"])) == ("One moment.", 2)
    assert messages[7]["content"] == "Here it…\nOne thing more."
