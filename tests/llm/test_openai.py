import asyncio
import json
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from rapida.call.commands import Message, ToolRequest
from rapida.call.tool_requests import ToolSpec
from rapida.errors import ProviderError, ProviderRefused, ProviderUnavailable
from rapida.llm.base import (
    BrainEvent,
    CutShort,
    LanguageModel,
    ReplyRequest,
    TextDelta,
    ToolCall,
    Usage,
)
from rapida.llm.openai import OpenAICompatible, OpenAICredential, OpenAIOptions
from rapida.providers import http, outgoing
from tests.doubles.http_double import Conduct, Request
from tests.doubles.openai_double import OpenAIDouble, chunk, event

from .conformance import LOOK, LlmConformance

KEY = "sk-do-not-show-me"
OPENING = ReplyRequest(1, (Message("user", "", kind="opening"),))


@asynccontextmanager
async def model_at(double: OpenAIDouble, **options: Any) -> AsyncIterator[OpenAICompatible]:
    async with double.running():
        model = OpenAICompatible(
            OpenAIOptions("some-model", base_url=f"{double.url}/v1", **options), OpenAICredential(KEY)
        )
        await model.start()
        try:
            yield model
        finally:
            await model.aclose()


async def reply(
    model: OpenAICompatible, request: ReplyRequest = OPENING, prompt: str = ""
) -> list[BrainEvent]:
    async with asyncio.timeout(120):
        return [piece async for piece in model.brain(prompt, {"name": "Ada"}).reply(request)]


def text_of(events: list[BrainEvent]) -> str:
    return "".join(piece.text for piece in events if isinstance(piece, TextDelta))


class Obliging(OpenAIDouble):
    """Calls the tool when it is asked to look something up."""

    def pieces(self, request: Request) -> list[bytes]:
        asked = request.json["messages"][-1]
        call = {"index": 0, "id": "a", "function": {"name": LOOK.name, "arguments": "{}"}}
        self.tool_deltas = (call,) if asked["content"].endswith("look it up") else ()
        return super().pieces(request)


class TestOpenAICompatible(LlmConformance):
    @pytest.fixture
    async def model(self) -> AsyncIterator[LanguageModel]:
        async with model_at(Obliging()) as model:
            yield model


# Talking ----------------------------------------------------------------------------------------------------


async def test_a_reply_is_streamed_piece_by_piece_and_ends_with_its_usage() -> None:
    async with model_at(OpenAIDouble()) as model:
        assert await reply(model) == [TextDelta("Good "), TextDelta("morning"), TextDelta("."), Usage(12, 3)]


async def test_the_request_says_what_was_configured() -> None:
    double = OpenAIDouble()
    options: dict[str, Any] = {"temperature": 0.5, "max_tokens": 80, "headers": {"x-team": "blue"}}
    async with model_at(double, **options, body={"seed": 7}) as model:
        await reply(model, prompt="You talk to {{name}}.")
    [request] = double.requests
    body = request.json
    assert request.headers["authorization"] == f"Bearer {KEY}"
    assert request.headers["x-team"] == "blue"
    assert (body["model"], body["temperature"], body["max_tokens"], body["seed"]) == (
        "some-model",
        0.5,
        80,
        7,
    )
    assert body["stream"] is True
    assert body["messages"][0] == {"role": "system", "content": "You talk to Ada."}
    assert "tools" not in body


async def test_the_memory_goes_along_with_tools_notes_and_what_was_cut() -> None:
    double = OpenAIDouble()
    memory = (
        Message("user", "", kind="opening"),
        Message("assistant", "Hello, this is", cut=True),
        Message("user", "12", kind="keys"),
        Message(
            "assistant", "", tools=(ToolRequest("c1", "look", '{"n": 12}'), ToolRequest("c2", "look", "{"))
        ),
        Message("tool", "found", call_id="c1"),
        Message("user", "", kind="unclear"),
        Message("user", "", kind="idle"),
    )
    async with model_at(double) as model:
        await reply(model, ReplyRequest(4, memory, (ToolSpec("look", "Looks.", {"type": "object"}),)))
    opening, cut, keys, wants, result, silence = double.requests[0].json["messages"]
    assert opening["content"].startswith("[The call has just been connected")
    assert cut == {"role": "assistant", "content": "Hello, this is…"}
    assert keys == {"role": "user", "content": "[Typed on the keypad: 12]"}
    assert [call["function"]["arguments"] for call in wants["tool_calls"]] == ['{"n": 12}', "{}"]
    assert result == {"role": "tool", "tool_call_id": "c1", "content": "found"}
    unclear, idle = silence["content"].split("\n")
    assert unclear != idle
    [tool] = double.requests[0].json["tools"]
    assert tool["function"] == {"name": "look", "description": "Looks.", "parameters": {"type": "object"}}


async def test_tool_calls_are_put_together_from_their_pieces() -> None:
    deltas = (
        {"index": 0, "id": "a", "type": "function", "function": {"name": "look", "arguments": ""}},
        {"index": 0, "function": {"arguments": '{"n": '}},
        {"index": 1, "id": "b", "type": "function", "function": {"name": "end_call", "arguments": "{}"}},
        {"index": 0, "function": {"arguments": "1}"}},
    )
    async with model_at(OpenAIDouble(words=("Wait.",), tool_deltas=deltas)) as model:
        assert await reply(model) == [
            TextDelta("Wait."),
            ToolCall("a", "look", '{"n": 1}'),
            ToolCall("b", "end_call", "{}"),
            Usage(12, 3),
        ]


async def test_servers_that_number_every_tool_call_zero_are_understood() -> None:
    deltas = tuple(
        {"index": 0, "id": name, "function": {"name": name, "arguments": "{}"}} for name in ("one", "two")
    )
    async with model_at(OpenAIDouble(words=(), tool_deltas=deltas)) as model:
        calls = [call for call in await reply(model) if isinstance(call, ToolCall)]
    assert [(call.call_id, call.arguments) for call in calls] == [("one", "{}"), ("two", "{}")]


async def test_a_tool_call_without_an_id_gets_one() -> None:
    deltas = ({"function": {"name": "look"}},)
    async with model_at(OpenAIDouble(words=(), tool_deltas=deltas)) as model:
        [call, _] = await reply(model)
    assert isinstance(call, ToolCall)
    assert call.call_id
    assert call.arguments == "{}"


async def test_a_server_that_ends_without_done_is_believed_when_it_said_that_it_finished() -> None:
    async with model_at(OpenAIDouble(tail=(chunk({}, "stop"),))) as model:
        assert text_of(await reply(model)) == "Good morning."


async def test_the_next_reply_uses_the_connection_of_the_last() -> None:
    double = OpenAIDouble()
    async with model_at(double) as model:
        await reply(model)
        await reply(model)
    assert (len(double.requests), double.connections) == (2, 1)


async def test_two_calls_talk_at_once() -> None:
    go = asyncio.Event()
    double = OpenAIDouble(conducts=[Conduct(wait=go)])
    async with model_at(double) as model:
        slow = asyncio.create_task(reply(model))
        while not double.requests:
            await asyncio.sleep(0)
        assert text_of(await reply(model)) == "Good morning."
        assert not slow.done()
        go.set()
        assert text_of(await slow) == "Good morning."


# Loose servers ----------------------------------------------------------------------------------------------

ODD = "a\u2028b\u2029c\u0085d\x0be\x0cf\x1cg\x1dh\x1ei"


async def test_no_character_of_a_text_ends_its_event() -> None:
    written = json.dumps({"choices": [{"delta": {"content": ODD}}]}, ensure_ascii=False).encode()
    pieces = tuple(event(written)[at : at + 1] for at in range(len(event(written))))
    end = (chunk({}, "stop"), event(b"[DONE]"))
    async with model_at(OpenAIDouble(words=(), tail=(*pieces, *end))) as model:
        assert text_of(await reply(model)) == ODD


@pytest.mark.parametrize("end", ["\r\n", "\r"])
async def test_events_may_end_as_their_standard_allows(end: str) -> None:
    double = OpenAIDouble()
    tail = b"".join([chunk({"content": "x"}), chunk({}, "stop"), event(b"[DONE]")])
    double.words, double.tail = (), (tail.replace(b"\n", end.encode()),)
    async with model_at(double) as model:
        assert text_of(await reply(model)) == "x"


async def test_a_server_that_does_not_stream_is_understood() -> None:
    whole = {"choices": [{"message": {"content": "We open at nine."}, "finish_reason": "stop"}]}

    class Whole(OpenAIDouble):
        def pieces(self, request: Request) -> list[bytes]:
            return [json.dumps(whole, indent=2).encode()]

    async with model_at(Whole()) as model:
        assert text_of(await reply(model)) == "We open at nine."


async def test_what_nobody_needs_is_passed_over() -> None:
    odd = (event(b"null"), chunk(None, None, usage={"prompt_tokens": None}), chunk({"content": None}))
    end = (chunk({}, "stop"), chunk(choices=[], usage={"prompt_tokens": None, "completion_tokens": None}))
    async with model_at(OpenAIDouble(tail=(*odd, *end))) as model:
        assert text_of(await reply(model)) == "Good morning."


async def test_a_reply_that_reached_its_longest_says_so() -> None:
    async with model_at(OpenAIDouble(tail=(chunk({}, "length"), event(b"[DONE]")))) as model:
        assert CutShort("length") in await reply(model)


# Failing ----------------------------------------------------------------------------------------------------


async def failure(*conducts: Conduct, double: OpenAIDouble | None = None) -> ProviderError:
    double = double or OpenAIDouble()
    double.conducts.extend(conducts)
    async with model_at(double) as model:
        with pytest.raises(ProviderError) as caught:
            await reply(model)
    assert KEY not in str(caught.value)
    assert KEY not in repr(caught.value.__cause__)
    return caught.value


@pytest.mark.parametrize(
    ("status", "help_"),
    [(401, "credential"), (402, "credit"), (403, "right"), (404, "base_url"), (302, "base_url")],
)
async def test_a_refusal_says_what_to_do(status: int, help_: str) -> None:
    wrong = await failure(Conduct(refuse=status, error={"error": {"message": f"Incorrect key {KEY}"}}))
    assert isinstance(wrong, ProviderRefused)
    assert help_ in str(wrong)


async def test_a_refused_request_repeats_the_servers_words_without_the_key() -> None:
    error = {"error": {"message": f"max_tokens is unknown; you sent {KEY}", "code": None}}
    wrong = await failure(Conduct(refuse=400, error=error))
    assert isinstance(wrong, ProviderRefused)
    assert "max_tokens is unknown" in str(wrong)


async def test_an_error_given_as_mere_text_is_told_too() -> None:
    assert "no such field" in str(await failure(Conduct(refuse=422, error={"error": "no such field"})))


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 529])
async def test_an_overloaded_server_may_be_asked_again(status: int) -> None:
    assert isinstance(await failure(Conduct(refuse=status)), ProviderUnavailable)


async def test_a_used_up_quota_is_no_matter_of_asking_again() -> None:
    wrong = await failure(
        Conduct(refuse=429, error={"error": {"message": "x", "code": "insufficient_quota"}})
    )
    assert isinstance(wrong, ProviderRefused)
    assert "credit" in str(wrong)


@pytest.mark.parametrize("then", ["drop", "garble", "end"])
async def test_a_stream_that_breaks_off_may_be_asked_again(then: Any) -> None:
    assert isinstance(await failure(Conduct(after=3, then=then)), ProviderUnavailable)


async def test_an_error_within_the_stream_may_be_asked_again() -> None:
    double = OpenAIDouble(tail=(event({"error": {"message": "overloaded"}}),))
    assert isinstance(await failure(double=double), ProviderUnavailable)


@pytest.mark.parametrize(
    ("end", "kind", "told"),
    [
        (event({"error": {"message": f"no more; {KEY}", "code": 500}}), ProviderUnavailable, "no more"),
        (event({"error": "the engine died"}), ProviderUnavailable, "the engine died"),
        (event({"object": "error", "message": "too long", "code": 400}), ProviderRefused, "too long"),
        (event({"detail": "out of memory"}), ProviderUnavailable, "out of memory"),
        (b'error: {"code": 503, "message": "slot lost"}\n\n', ProviderUnavailable, "slot lost"),
        (b'event: error\ndata: {"error": {"message": "cut"}}\n\n', ProviderUnavailable, "cut"),
        (b'{"error": {"message": "bare", "code": "insufficient_quota"}}\n', ProviderRefused, "credit"),
        (event({"error": {"message": "slow down", "code": 429}}), ProviderUnavailable, "slow down"),
    ],
)
async def test_an_error_within_the_stream_is_told_with_its_reason(
    end: bytes, kind: type[Any], told: str
) -> None:
    wrong = await failure(double=OpenAIDouble(tail=(end, event(b"[DONE]"))))
    assert isinstance(wrong, kind)
    assert told in str(wrong)


@pytest.mark.parametrize(
    "body",
    [
        {"object": "error", "message": "roles must alternate", "code": 400},
        {"detail": "roles must alternate"},
        [{"error": {"code": 400, "message": "roles must alternate"}}],
    ],
)
async def test_the_reason_is_told_wherever_a_server_writes_it(body: Any) -> None:
    assert "roles must alternate" in str(await failure(Conduct(refuse=400, error=body)))


async def test_how_long_to_wait_goes_along_with_the_refusal() -> None:
    assert (await failure(Conduct(refuse=429, headers={"Retry-After": "7"}))).retry_after_s == 7
    assert (await failure(Conduct(refuse=503, headers={"Retry-After": "2"}))).retry_after_s == 2
    assert (await failure(Conduct(refuse=500))).retry_after_s is None


async def test_what_came_before_a_break_was_already_given() -> None:
    double = OpenAIDouble(conducts=[Conduct(after=3, then="drop")])
    got: list[BrainEvent] = []
    async with model_at(double) as model:
        with pytest.raises(ProviderUnavailable):
            async for piece in model.brain("", {}).reply(OPENING):
                got.append(piece)
    assert got == [TextDelta("Good ")]


async def test_a_server_that_is_not_there_may_be_asked_again() -> None:
    double = OpenAIDouble()
    async with model_at(double) as model:
        pass
    gone = OpenAICompatible(OpenAIOptions("m", base_url=f"{double.url}/v1"), OpenAICredential(KEY))
    await gone.start()
    with pytest.raises(ProviderUnavailable):
        await reply(gone)
    await gone.aclose()
    assert model is not gone


async def test_after_every_failure_the_model_can_still_be_used() -> None:
    conducts = [Conduct(refuse=500), Conduct(after=2, then="drop"), Conduct(after=2, then="garble")]
    double = OpenAIDouble(conducts=conducts)
    async with model_at(double) as model:
        for _ in range(3):
            with pytest.raises(ProviderUnavailable):
                await reply(model)
        assert text_of(await reply(model)) == "Good morning."


async def test_a_closed_model_refuses_and_may_be_closed_again() -> None:
    async with model_at(OpenAIDouble()) as model:
        await model.aclose()
        with pytest.raises(ProviderUnavailable):
            await reply(model)


# Waiting and giving up --------------------------------------------------------------------------------------


@pytest.mark.parametrize("after", [0, 3])
async def test_a_stalled_reply_waits_until_it_is_cancelled_and_then_hangs_up(after: int) -> None:
    double = OpenAIDouble(conducts=[Conduct(after=after, then="stall")])
    async with model_at(double) as model:
        waiting = asyncio.create_task(reply(model))
        await double.stalled.wait()
        assert not waiting.done()
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        async with asyncio.timeout(120):
            await double.hung_up.wait()
        assert text_of(await reply(model)) == "Good morning."


async def test_a_reply_closed_early_hangs_up() -> None:
    double = OpenAIDouble(conducts=[Conduct(after=3, then="stall")])
    async with model_at(double) as model:
        events: Any = model.brain("", {}).reply(OPENING)
        assert await anext(events) == TextDelta("Good ")
        await events.aclose()
        async with asyncio.timeout(120):
            await double.hung_up.wait()


async def test_a_slow_server_is_waited_for() -> None:
    go = asyncio.Event()
    double = OpenAIDouble(conducts=[Conduct(wait=go)])
    async with model_at(double) as model:
        waiting = asyncio.create_task(reply(model))
        while not double.requests:
            await asyncio.sleep(0)
        assert not waiting.done()
        go.set()
        assert text_of(await waiting) == "Good morning."


async def test_a_server_that_never_lists_its_models_holds_no_start_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(http, "WARM_UP_S", 1.0)
    double = OpenAIDouble(conducts=[Conduct(wait=asyncio.Event())], lists_models=True)
    async with asyncio.timeout(120), model_at(double) as model:
        assert [request.path for request in double.requests] == ["/v1/models"]
        await double.hung_up.wait()
        assert text_of(await reply(model)) == "Good morning."


# Keys and networks ------------------------------------------------------------------------------------------


async def test_no_log_holds_the_key(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        async with model_at(OpenAIDouble(conducts=[Conduct(refuse=401)])) as model:
            with pytest.raises(ProviderRefused):
                await reply(model)
            await reply(model)
    assert caplog.records
    assert KEY not in caplog.text
    assert KEY not in json.dumps([str(record.args) for record in caplog.records])


async def test_a_model_server_in_a_private_network_is_refused_at_its_start_unless_it_is_allowed() -> None:
    outgoing.policy.allow(())
    model = OpenAICompatible(OpenAIOptions("m", base_url="http://127.0.0.1:11434/v1"), OpenAICredential())
    with pytest.raises(ProviderRefused, match="RAPIDA_ALLOW_HOSTS"):
        await model.start()
    await model.aclose()
