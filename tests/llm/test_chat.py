from rapida.call.commands import Message, ToolRequest
from rapida.llm.base import ToolCall, Usage
from rapida.llm.chat import Answer, Choice, Chunk, Delta, FunctionDelta, Tokens, ToolDelta, chat_messages


def piece(index: int | None, call_id: str | None, name: str | None, arguments: str | None) -> Chunk:
    delta = Delta(tool_calls=(ToolDelta(index, call_id, FunctionDelta(name, arguments)),))
    return Chunk((Choice(delta),))


def calls_of(*chunks: Chunk) -> list[ToolCall]:
    answer = Answer("made-up")
    for chunk in chunks:
        assert answer.take(chunk) == ""
    return answer.calls()


def test_pieces_of_two_calls_may_come_mixed():
    assert calls_of(
        piece(0, "a", "one", '{"x"'),
        piece(1, "b", "two", "{"),
        piece(0, None, None, ": 1}"),
        piece(1, None, None, "}"),
    ) == [ToolCall("a", "one", '{"x": 1}'), ToolCall("b", "two", "{}")]


def test_a_call_that_repeats_its_id_with_every_piece_stays_one():
    assert calls_of(piece(0, "a", "one", "{"), piece(0, "a", None, "}")) == [ToolCall("a", "one", "{}")]


def test_calls_without_numbers_and_ids_get_ids_of_their_own():
    assert calls_of(piece(0, None, "one", "{}"), piece(1, None, "two", None)) == [
        ToolCall("made-up-0", "one", "{}"),
        ToolCall("made-up-1", "two", "{}"),
    ]


def test_text_finish_and_usage_are_taken_from_their_chunks():
    answer = Answer("x")
    assert answer.take(Chunk((Choice(Delta("Hi")),))) == "Hi"
    assert not answer.finished
    assert answer.take(Chunk((Choice(Delta(refusal="No.")),))) == "No."
    assert answer.take(Chunk((Choice(finish_reason="stop"),))) == ""
    assert answer.finished
    answer.take(Chunk((), Tokens(7, 2)))
    assert answer.usage == Usage(7, 2)


def test_arguments_that_are_no_json_are_not_sent_back():
    memory = (Message("assistant", "", tools=(ToolRequest("c", "look", '{"n": '),)),)
    [said] = chat_messages("", memory)
    assert said["tool_calls"][0]["function"] == {"name": "look", "arguments": "{}"}
