import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, cast

import pytest

from rapida import tools
from rapida.errors import ConfigurationError, ProviderError, ProviderRefused, ProviderUnavailable
from rapida.providers import outgoing
from rapida.providers.build import build
from rapida.tools.base import Tool, ToolCaller
from rapida.tools.http import HttpTool
from tests.doubles.http_double import Conduct, HttpDouble, Request

from .conformance import Arguments, ToolConformance

SECRET = "Bearer do-not-show-me"
CALLER = ToolCaller(1, {"client_number": "+14155550123", "company": "Müller & Söhne", "odd": "../../admin"})
PARAMETERS = {
    "type": "object",
    "properties": {"id": {"type": "string"}, "day": {"type": "string"}, "sure": {"type": "boolean"}},
    "required": ["id"],
}


@dataclass
class Service(HttpDouble):
    """A service that answers with a text."""

    answer: bytes = b'{"free": true}'

    def pieces(self, request: Request) -> list[bytes]:
        return [self.answer]


@asynccontextmanager
async def tool_of(
    service: Service, *, secret: dict[str, str] | None = None, **options: Any
) -> AsyncIterator[Tool]:
    async with service.running():
        declared = {"name": "book", "description": "Books.", "parameters": PARAMETERS, **options}
        declared["url"] = service.url + options.get("url", "/slots/{{id}}")
        secret = {"value": SECRET} if secret is None else secret
        tool = cast(HttpTool, build(tools.CATALOGUE, "http", declared, secret))
        try:
            yield tool
        finally:
            await tool.aclose()


class TestHttpTool(ToolConformance):
    @pytest.fixture
    async def tool(self) -> AsyncIterator[Tool]:
        async with tool_of(Service(), method="POST") as tool:
            yield tool

    @pytest.fixture
    def good(self) -> Arguments:
        return {"id": "7", "sure": True}

    @pytest.fixture
    def bad(self) -> Arguments:
        return {"id": 7}


async def run(tool: Tool, **arguments: Any) -> str:
    async with asyncio.timeout(120):
        return await tool.run(arguments, CALLER)


# Asking -----------------------------------------------------------------------------------------------------


async def test_a_get_puts_its_arguments_into_the_path_and_the_query() -> None:
    service = Service()
    async with tool_of(service, headers={"x-team": "blue"}) as tool:
        assert await run(tool, id="a/b c", day="3 March", sure=True) == '{"free": true}'
    [request] = service.requests
    assert request.method == "GET"
    assert request.path == "/slots/a%2Fb%20c?day=3+March&sure=true"
    assert request.headers["authorization"] == SECRET
    assert request.headers["x-team"] == "blue"


async def test_a_post_puts_the_rest_into_a_json_body() -> None:
    service = Service()
    async with tool_of(service, method="POST") as tool:
        await run(tool, id="7", sure=False)
    [request] = service.requests
    assert (request.path, request.json) == ("/slots/7", {"sure": False})


async def test_a_query_in_the_address_stays() -> None:
    service = Service()
    async with tool_of(service, url="/slots?v=2&for={{id}}") as tool:
        await run(tool, id="7", day="x")
    assert service.requests[0].path == "/slots?v=2&for=7&day=x"


@pytest.mark.parametrize("value", ["..", ".", ""])
async def test_an_argument_can_not_climb_out_of_its_path(value: str) -> None:
    service = Service()
    async with tool_of(service) as tool:
        with pytest.raises(ValueError, match="id must not be"):
            await run(tool, id=value)
    assert service.requests == []


async def test_arguments_that_do_not_fit_never_leave_the_process() -> None:
    service = Service()
    async with tool_of(service) as tool:
        with pytest.raises(ValueError, match="id"):
            await run(tool, day="x")
    assert service.requests == []


@pytest.mark.parametrize(
    ("given", "path"),
    [
        ({"tags": ["window", "quiet & warm"]}, "/slots?tags=window&tags=quiet+%26+warm"),
        ({"people": 5.0, "price": 9.5}, "/slots?people=5&price=9.5"),
        ({"note": None, "sure": False}, "/slots?sure=false"),
        ({"place": {"at": [1, 2]}}, "/slots?place=%7B%22at%22%3A%5B1%2C2%5D%7D"),
        ({"tags": []}, "/slots"),
        ({"tags": ["a", None, {"b": 1}]}, "/slots?tags=a&tags=%7B%22b%22%3A1%7D"),
    ],
)
async def test_a_query_writes_what_json_says_and_not_what_python_does(
    given: dict[str, Any], path: str
) -> None:
    service = Service()
    async with tool_of(service, url="/slots", parameters={"type": "object"}) as tool:
        await run(tool, **given)
    assert service.requests[0].path == path


async def test_variables_of_the_call_fill_address_headers_and_body() -> None:
    service = Service()
    declared: dict[str, Any] = {
        "url": "/of/{{call.company}}/{{id}}?from={{call.client_number}}&odd={{call.odd}}",
        "method": "POST",
        "headers": {"x-caller": "tel {{call.client_number}}", "x-company": "{{call.company}}"},
        "body": {"caller": {"number": "{{call.client_number}}", "names": ["{{call.company}}"]}, "day": "any"},
    }
    async with tool_of(service, **declared) as tool:
        await run(tool, id="7", day="monday")
    [request] = service.requests
    assert request.path == ("/of/M%C3%BCller%20%26%20S%C3%B6hne/7?from=%2B14155550123&odd=..%2F..%2Fadmin")
    assert request.headers["x-caller"] == "tel +14155550123"
    assert request.headers["x-company"] == "M%C3%BCller & S%C3%B6hne"
    assert request.json == {
        "caller": {"number": "+14155550123", "names": ["Müller & Söhne"]},
        "day": "monday",
    }


async def test_a_variable_can_neither_climb_out_of_its_path_nor_begin_a_header() -> None:
    service = Service()
    variables = {"odd": "..", "lines": "a\r\nx-admin: yes", "braces": "{{call.odd}}"}
    async with tool_of(service, url="/slots/{{call.odd}}") as tool:
        with pytest.raises(ValueError, match="must not be"):
            await tool.run({"id": "7"}, ToolCaller(1, variables))
    headers = {"x-said": "{{call.lines}}", "x-braces": "{{call.braces}}"}
    async with tool_of(service, headers=headers) as tool:
        await tool.run({"id": "7"}, ToolCaller(1, variables))
    [request] = service.requests
    assert request.headers["x-said"] == "a%0D%0Ax-admin: yes"
    assert request.headers["x-braces"] == "{{call.odd}}"
    assert "x-admin" not in request.headers


async def test_a_call_without_the_variable_is_told_and_nothing_is_asked() -> None:
    service = Service()
    async with tool_of(service, url="/slots?for={{call.customer}}") as tool:
        with pytest.raises(ProviderRefused, match="no variable 'customer'"):
            await run(tool, id="7")
    assert service.requests == []


async def test_a_secret_that_was_pasted_with_its_line_is_taken_without_it() -> None:
    service = Service()
    async with tool_of(service, secret={"value": SECRET + "\n"}) as tool:
        await run(tool, id="7")
    assert service.requests[0].headers["authorization"] == SECRET


# Answers ----------------------------------------------------------------------------------------------------


async def test_a_long_answer_is_cut_and_says_so() -> None:
    async with tool_of(Service(answer=b"x" * 50), result_chars=10) as tool:
        assert await run(tool, id="7") == "x" * 10 + "… (cut: the answer is longer)"


async def test_of_an_endless_answer_only_the_beginning_is_read() -> None:
    service = Service(answer=b"x" * 3_000_000)
    async with tool_of(service, result_chars=10) as tool:
        assert (await run(tool, id="7")).startswith("x" * 10)


async def failure(service: Service, **options: Any) -> ProviderError:
    async with tool_of(service, **options) as tool:
        with pytest.raises(ProviderError) as caught:
            await run(tool, id="7")
    assert SECRET not in str(caught.value)
    return caught.value


async def test_a_refusal_tells_the_model_why_without_the_secret() -> None:
    wrong = await failure(Service(conducts=[Conduct(refuse=404, error=f"no such slot; you sent {SECRET}")]))
    assert isinstance(wrong, ProviderRefused)
    assert "404" in str(wrong)
    assert "no such slot" in str(wrong)


async def test_a_redirection_is_not_followed() -> None:
    service = Service(conducts=[Conduct(refuse=302)])
    assert isinstance(await failure(service), ProviderRefused)
    assert len(service.requests) == 1


@pytest.mark.parametrize("status", [429, 500, 503])
async def test_an_overloaded_service_may_be_asked_again(status: int) -> None:
    assert isinstance(await failure(Service(conducts=[Conduct(refuse=status)])), ProviderUnavailable)


async def test_a_dropped_connection_may_be_asked_again() -> None:
    assert isinstance(await failure(Service(conducts=[Conduct(then="drop")])), ProviderUnavailable)


async def test_a_service_that_does_not_answer_is_given_up_on() -> None:
    service = Service(conducts=[Conduct(wait=asyncio.Event())])
    assert isinstance(await failure(service, timeout_ms=20), ProviderUnavailable)


async def test_a_cancelled_run_hangs_up() -> None:
    service = Service(conducts=[Conduct(then="stall")])
    async with tool_of(service) as tool:
        waiting = asyncio.create_task(run(tool, id="7"))
        await service.stalled.wait()
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        async with asyncio.timeout(120):
            await service.hung_up.wait()


async def test_the_next_run_uses_the_connection_of_the_last() -> None:
    service = Service()
    async with tool_of(service) as tool:
        for _ in range(3):
            await run(tool, id="7")
    assert (len(service.requests), service.connections) == (3, 1)


async def test_a_service_that_repeats_the_secret_does_not_tell_the_model() -> None:
    for answer in (SECRET, "x" * 8 + SECRET):
        async with tool_of(Service(answer=answer.encode()), result_chars=12) as tool:
            told = await run(tool, id="7")
            assert "Bear" not in told
            assert "…" in told


# Declaring --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"name": "end_call"}, "name"),
        ({"name": "a b"}, "name"),
        ({"url": "example.com"}, "http"),
        ({"url": "http://{{id}}/x"}, "plain host"),
        ({"url": "https://user:key@example.com/"}, "no user"),
        ({"url": "https://example.com/{{city}}"}, "city"),
        ({"url": "https://example.com/{{day}}"}, "required"),
        ({"parameters": {"type": "array"}}, "object"),
        ({"method": "FETCH"}, "method"),
        ({"headers": {"hOST": "elsewhere.example"}}, "hOST names the host"),
        ({"headers": {"x y": "z"}}, "no header"),
        ({"headers": {"x": "a\r\nb: c"}}, "line breaks"),
        ({"headers": {"x": "{{day}}"}}, "only variables of the call"),
        ({"body": {"a": [{"b": "{{day}}"}]}, "method": "POST"}, "only variables of the call"),
        ({"body": {"a": 1}}, "GET has no body"),
        ({"url": "https://example.com:port/"}, "http"),
        ({"url": "https://exa mple.com/"}, "http"),
        ({"url": "https://example.com\\@elsewhere.example/"}, "http"),
        ({"url": "https://{{call.company}}.example.com/"}, "plain host"),
        ({"url": "https://example.com:{{call.odd}}/"}, "plain host"),
        ({"parameters": {"type": "object", "properties": {"a": {"type": "text"}}}}, "properties.a.type"),
    ],
)
def test_a_declaration_that_can_not_work_is_refused(options: dict[str, Any], told: str) -> None:
    declared = {"name": "t", "description": "d", "url": "https://example.com/", "parameters": PARAMETERS}
    with pytest.raises(ConfigurationError, match=told):
        build(tools.CATALOGUE, "http", {**declared, **options})


async def test_without_a_credential_no_header_is_added() -> None:
    service = Service()
    async with tool_of(service, secret={}) as tool:
        await run(tool, id="7")
    assert "authorization" not in service.requests[0].headers


async def test_an_address_in_a_private_network_is_not_asked_unless_the_operator_allows_it() -> None:
    outgoing.policy.allow(())
    service = Service()
    async with tool_of(service) as tool:
        with pytest.raises(ProviderRefused, match="RAPIDA_ALLOW_HOSTS"):
            await run(tool, id="1")
        assert service.requests == []
        outgoing.policy.allow(("127.0.0.1",))
        assert await run(tool, id="1") == '{"free": true}'
