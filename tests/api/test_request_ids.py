"""Each request has an id: the client's own where it may be one, else ours."""

from __future__ import annotations

import pytest

from rapida.api.request_ids import REQUEST_ID_HEADER
from tests.api.conftest import ServedApi

DATABASES = ("sqlite",)  # nothing here is the database's affair


async def test_each_answer_has_an_id_of_its_own(api: ServedApi) -> None:
    answers = [await api.ask("GET", path) for path in ("/health/live", "/nowhere", "/v1/me")]
    assert len({answer.headers[REQUEST_ID_HEADER] for answer in answers}) == 3


async def test_a_clients_own_id_is_sent_back(api: ServedApi) -> None:
    answer = await api.ask("GET", "/v1/me", headers={REQUEST_ID_HEADER: "order-7.a_b"})
    assert answer.headers[REQUEST_ID_HEADER] == "order-7.a_b"


@pytest.mark.parametrize("brought", ["", "two words", "a" * 65, 'evil"'])
async def test_what_should_not_stand_in_a_log_is_replaced(api: ServedApi, brought: str) -> None:
    answer = await api.ask("GET", "/health/live", headers={REQUEST_ID_HEADER: brought})
    assert len(answer.headers[REQUEST_ID_HEADER]) == 32
