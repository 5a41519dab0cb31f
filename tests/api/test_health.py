"""Health: alive while the loop turns, ready while calls can be taken."""

from __future__ import annotations

from rapida.api.server_facts import ServerLoad
from tests.api.conftest import ServedApi, build_served_api

DATABASES = ("sqlite",)  # the store says on both when its database is away


async def test_a_serving_node_is_alive_and_ready(api: ServedApi) -> None:
    for path in ("/health/live", "/health/ready"):
        answer = await api.ask("GET", path)
        assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


async def test_a_draining_node_is_alive_but_not_ready(api: ServedApi) -> None:
    api.ready.accepting = False
    answer = await api.ask("GET", "/health/ready")
    assert (answer.status_code, answer.json()["code"]) == (503, "draining")
    assert (await api.ask("GET", "/health/live")).status_code == 200


async def test_a_node_that_carries_all_it_can_is_not_ready_unless_another_process_has_room(
    api: ServedApi,
) -> None:
    for load, status in ((ServerLoad(5, 5), 503), (ServerLoad(5, 5, others_have_room=True), 200)):
        full = build_served_api(api.ready, load=lambda load=load: load)
        answer = await full.ask("GET", "/health/ready")
        assert answer.status_code == status
        assert answer.json().get("code") == ("full" if status == 503 else None)


async def test_without_its_database_a_node_is_not_ready(api: ServedApi) -> None:
    api.ready.store.goes_away()
    away = build_served_api(api.ready)
    answer = await away.ask("GET", "/health/ready")
    assert (answer.status_code, answer.json()["code"]) == (503, "store_unavailable")
    assert (await away.ask("GET", "/health/live")).status_code == 200


async def test_the_numbers_are_prometheus_text(api: ServedApi) -> None:
    api.metrics.webhook_answered("connected")
    answer = await api.ask("GET", "/metrics", key=await api.a_key("viewer"))
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    assert 'rapida_webhooks_total{answer="connected"} 1.0' in answer.text
