"""A key or session may ask so often and no more; carriers are never counted."""

from __future__ import annotations

import pytest

from rapida.api.rate_limit import LIMIT_HEADER, MOST_BUCKETS, POLICY_HEADER, RateLimit, TooManyRequests
from tests.api.conftest import ServedApi, build_served_api
from tests.databases import Place
from tests.switchboard.ready_node import open_ready_node

DATABASES = ("sqlite",)  # nothing here is the database's affair


class Hand:
    """A clock that is turned by hand."""

    now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


def taken(limit: RateLimit, who: str = "a") -> str:
    """What is told of what is left, or that there was nothing."""
    headers = dict[str, str]()
    try:
        limit.take(who, headers)
    except TooManyRequests as refused:
        return f"wait {refused.wait_s}"
    return headers[LIMIT_HEADER]


def test_a_bucket_is_emptied_at_once_and_fills_up_again_evenly() -> None:
    clock = Hand()
    limit = RateLimit(2, clock)
    assert [taken(limit) for _ in range(5)] == [
        '"requests";r=3;t=1',
        '"requests";r=2;t=1',
        '"requests";r=1;t=2',
        '"requests";r=0;t=2',
        "wait 1",
    ]
    clock.now_s = 0.5
    assert [taken(limit) for _ in range(2)] == ['"requests";r=0;t=2', "wait 1"]
    assert taken(limit, "b") == '"requests";r=3;t=1'
    clock.now_s = 60
    assert taken(limit) == '"requests";r=3;t=1'


def test_whoever_was_forgotten_among_many_begins_with_a_full_bucket() -> None:
    limit = RateLimit(1, Hand())
    assert [taken(limit) for _ in range(3)][-1] == "wait 1"
    for number in range(MOST_BUCKETS):
        taken(limit, str(number))
    assert taken(limit) == '"requests";r=1;t=1'
    assert len(limit._buckets) == MOST_BUCKETS


def test_without_a_limit_nothing_is_told() -> None:
    headers = dict[str, str]()
    RateLimit(0).take("a", headers)
    assert headers == {}


@pytest.mark.parametrize("by", ["key", "session"])
async def test_who_asks_too_often_waits_and_is_told_how_long_while_carriers_are_served(
    place: Place, by: str
) -> None:
    async with open_ready_node(place) as ready:
        api = build_served_api(ready, place.directory, requests_per_second=1)
        api.app.state.guard._rate._clock = Hand()  # however long the requests take
        await ready.deploy()
        if by == "session":
            browser = await api.a_browser()
            answers = [await browser.ask("GET", "/v1/me") for _ in range(3)]
        else:
            key = await api.a_key()
            answers = [await api.ask("GET", "/v1/me", key=key) for _ in range(3)]
        assert [each.status_code for each in answers] == [200, 200, 429]
        assert [each.headers[POLICY_HEADER] for each in answers] == ['"requests";q=2;w=2'] * 3
        assert answers[0].headers[LIMIT_HEADER] == '"requests";r=1;t=1'
        assert (answers[2].headers["retry-after"], answers[2].json()["code"]) == ("1", "too_many_requests")
        webhook = f"/v1/talk/twilio/call/{ready.assistant_id}"
        for number in range(5):
            answered = await api.carrier_posts(webhook, ready.fields(CallSid=f"CA{number:032}"))
            assert (answered.status_code, LIMIT_HEADER in answered.headers) == (200, False)
        unsigned = await api.ask("POST", webhook, content="CallSid=CA1")
        assert unsigned.status_code == 403
        assert (await api.ask("GET", "/v1/me", key=await api.a_key())).status_code == 200


async def test_a_key_that_is_no_key_asks_the_database_no_more_often(api: ServedApi) -> None:
    limited = build_served_api(api.ready, api.data_dir, requests_per_second=1)
    limited.app.state.guard._rate._clock = Hand()
    statuses = [(await limited.ask("GET", "/v1/me", key="rpk_nobody")).status_code for _ in range(4)]
    assert statuses == [401, 401, 429, 429]
