"""A request is sent again only where that does nothing twice, and what is refused is one exception."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from rapida.client import ApiError, AsyncClient, Client
from rapida.client.connection import LONGEST_WAIT_S, TRIES

CALL = {"conversation_id": 7, "context_id": "6f1f2a0e-8a57-4f0a-9a6e-0d6f6f2f9b11", "call_sid": None}
SETUP = {"needed": False}


class Server:
    """Answers as it was told, in order, and keeps the requests."""

    def __init__(self, *answers: httpx.Response | type[httpx.TransportError]) -> None:
        self._answers = list(answers)
        self.asked: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        answer = self._answers.pop(0)
        if isinstance(answer, httpx.Response):
            return answer
        raise answer("gone", request=request)


def asking(server: Server) -> tuple[Client, list[float]]:
    made = Client("http://localhost", "k", transport=httpx.MockTransport(server))
    waited = list[float]()
    made.connection.sleep = waited.append
    return made, waited


def away(status: int = 503, **headers: str) -> httpx.Response:
    problem = {"code": "store_unavailable", "detail": "The database cannot be reached.", "status": status}
    return httpx.Response(status, json=problem, headers=headers)


def call(rapida: Client) -> Any:
    return rapida.calls.create_phone_call({"assistant": {"assistant_id": 1}, "to_number": "+14155550132"})


def test_a_read_is_repeated_while_the_server_is_away() -> None:
    server = Server(away(), httpx.ReadError, httpx.Response(200, json=SETUP))
    rapida, waited = asking(server)
    assert not rapida.sign_in.setup_needed().needed
    assert waited == [0.25, 0.5]


def test_it_gives_up_with_the_servers_sentence() -> None:
    rapida, _ = asking(Server(*[away() for _ in range(TRIES)]))
    with pytest.raises(ApiError, match="The database cannot be reached") as refused:
        rapida.sign_in.setup_needed()
    assert (refused.value.status, refused.value.code) == (503, "store_unavailable")


@pytest.mark.parametrize("failed", [away, lambda: httpx.ReadError, lambda: httpx.ReadTimeout])
def test_what_may_have_been_done_is_not_asked_for_again(failed: Callable[[], Any]) -> None:
    server = Server(failed())
    rapida, _ = asking(server)
    with pytest.raises(ApiError):
        rapida.api_keys.create({"name": "x"})
    assert len(server.asked) == 1


@pytest.mark.parametrize("refused", [lambda: httpx.ConnectError, lambda: away(429)])
def test_what_the_server_never_took_is_sent_again(refused: Callable[[], Any]) -> None:
    server = Server(refused(), httpx.Response(204))
    rapida, _ = asking(server)
    rapida.api_keys.revoke(7)
    assert len(server.asked) == 2


def test_a_call_has_one_key_of_its_own_and_may_be_asked_for_again() -> None:
    server = Server(httpx.ReadError, httpx.Response(201, json=CALL | {"status": "dialling"}))
    rapida, _ = asking(server)
    assert call(rapida).conversation_id == 7
    first, again = (each.headers["idempotency-key"] for each in server.asked)
    assert first == again
    assert len(first) == 32


def test_it_waits_as_long_as_it_is_asked_to_but_not_for_ever() -> None:
    patient = {"retry-after": "3"}
    rapida, waited = asking(Server(away(429, **patient), httpx.Response(200, json=SETUP)))
    rapida.sign_in.setup_needed()
    assert waited == [3.0]
    rapida, waited = asking(Server(away(429, **{"retry-after": str(int(LONGEST_WAIT_S) + 1)})))
    with pytest.raises(ApiError) as refused:
        rapida.sign_in.setup_needed()
    assert (waited, refused.value.wait_s) == ([], LONGEST_WAIT_S + 1)


def test_where_no_server_is_the_exception_is_the_same_one() -> None:
    rapida, _ = asking(Server(*[httpx.ConnectError] * TRIES))
    with pytest.raises(ApiError, match="no server answers at http://localhost") as refused:
        rapida.sign_in.setup_needed()
    assert (refused.value.status, refused.value.code) == (0, "unreachable")


def test_a_page_of_some_proxy_is_told_by_its_status() -> None:
    rapida, _ = asking(Server(httpx.Response(418, text="<html>")))
    with pytest.raises(ApiError, match="HTTP 418") as refused:
        rapida.sign_in.setup_needed()
    assert refused.value.code == "unknown"


def test_what_is_left_out_is_not_sent_and_times_are_written_out() -> None:
    server = Server(httpx.Response(200, json={"items": [], "next_cursor": None}))
    rapida, _ = asking(server)
    rapida.conversations.page(since=datetime(2026, 3, 2, tzinfo=UTC), status="ended")
    assert dict(server.asked[0].url.params) == {"since": "2026-03-02T00:00:00+00:00", "status": "ended"}


async def test_asyncio_waits_in_the_same_way() -> None:
    server = Server(away(), httpx.Response(200, json=SETUP))
    waited = list[float]()

    async def sleep(wait_s: float) -> None:
        waited.append(wait_s)

    async with AsyncClient("http://localhost", "k", transport=httpx.MockTransport(server)) as rapida:
        rapida.connection.sleep = sleep
        assert not (await rapida.sign_in.setup_needed()).needed
    assert waited == [0.25]
