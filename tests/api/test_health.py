"""Health: alive while the loop turns, ready while calls can be taken."""

from __future__ import annotations

from tests.api.conftest import House, build_house


async def test_a_serving_house_is_alive_and_ready(house: House) -> None:
    for path in ("/health/live", "/health/ready"):
        answer = await house.ask("GET", path)
        assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


async def test_a_draining_house_is_alive_but_not_ready(house: House) -> None:
    house.office.accepting = False
    answer = await house.ask("GET", "/health/ready")
    assert (answer.status_code, answer.json()["code"]) == (503, "draining")
    assert (await house.ask("GET", "/health/live")).status_code == 200


async def test_without_its_database_a_house_is_not_ready(house: House) -> None:
    house.office.store.goes_away()
    away = build_house(house.office)
    answer = await away.ask("GET", "/health/ready")
    assert (answer.status_code, answer.json()["code"]) == (503, "store_unavailable")
    assert (await away.ask("GET", "/health/live")).status_code == 200


async def test_the_numbers_are_prometheus_text(house: House) -> None:
    house.metrics.webhook_answered("connected")
    answer = await house.ask("GET", "/metrics", key=await house.a_key("viewer"))
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    assert 'rapida_webhooks_total{answer="connected"} 1.0' in answer.text
