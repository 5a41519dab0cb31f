"""The client against the whole application, and the examples of its page as a reader would run them."""

from __future__ import annotations

import functools
import re
from collections.abc import Generator
from pathlib import Path

import httpx
import pytest

from rapida import client
from rapida.client import ApiError, AsyncClient, Client
from tests.api.conftest import PASSWORD, ServedApi, api
from tests.api.in_a_thread import ThreadedApi, ThreadTransport, served_in_a_thread
from tests.databases import Place

__all__ = ["api"]
DATABASES = ("sqlite",)  # the database's differences are not the client's
PAGE = Path(__file__).resolve().parents[2] / "docs" / "client.md"


@pytest.fixture
def served(place: Place) -> Generator[ThreadedApi]:
    with served_in_a_thread(place) as threaded:
        yield threaded


def asking(served: ThreadedApi, key: str | None) -> Client:
    return Client("http://localhost", key, transport=ThreadTransport(served))


def test_assistants_are_made_read_listed_and_refused_by_name(served: ThreadedApi) -> None:
    with asking(served, served.key) as rapida:
        made = [rapida.assistants.create({"template": "flow", "name": name}) for name in ("One", "Two")]
        assert rapida.assistants.read(made[1].id).name == "Two"
        assert [each.name for each in rapida.assistants.iterate(limit=1)][:2] == ["Two", "One"]
        with pytest.raises(ApiError) as refused:
            rapida.assistants.create({"template": "flow", "name": ""})
        assert (refused.value.status, refused.value.code) == (422, "invalid")
        assert refused.value.errors[0]["field"] == "name"
        assert refused.value.request_id
        with pytest.raises(ApiError, match="there is no assistant"):
            rapida.assistants.delete(10**9)


def test_a_call_is_placed_once_however_often_it_is_asked_for(served: ThreadedApi) -> None:
    form = {"assistant": {"assistant_id": served.api.ready.assistant_id}, "to_number": "+14155550132"}
    with asking(served, served.key) as rapida:
        calls = [rapida.calls.create_phone_call(form, idempotency_key="order-7") for _ in range(2)]
        assert calls[0] == calls[1]
        assert rapida.conversations.read(calls[0].conversation_id).direction == "outbound"
        event = next(rapida.conversations.follow_calls())
        assert event.name == "calls"


def test_a_person_signs_in_and_reaches_beyond_one_project(served: ThreadedApi) -> None:
    email = served.run(served.api.a_person("owner"))
    with asking(served, "") as rapida:
        assert rapida.log_in(email, PASSWORD).role == "owner"
        assert email in {each.email for each in rapida.members.page().items}
        assert rapida.projects.create({"name": "Second"}).name == "Second"


async def test_asyncio_sees_the_same(api: ServedApi) -> None:
    key = await api.a_key()
    transport = httpx.ASGITransport(api.app)
    async with AsyncClient("http://localhost", key, transport=transport) as rapida:
        found = [each.id async for each in rapida.assistants.iterate()]
        assert found == [api.ready.assistant_id]
        with pytest.raises(ApiError, match="no conversation"):
            await rapida.conversations.read(10**9)


def test_the_pages_examples_do_what_they_say(
    served: ThreadedApi, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    near = functools.partial(Client, transport=ThreadTransport(served))
    monkeypatch.setattr(client, "Client", near)
    monkeypatch.setenv("RAPIDA_API_KEY", served.key)
    examples = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    assert len(examples) >= 4
    known = {"ASSISTANT": served.api.ready.assistant_id}
    for example in examples:
        assert len(example.splitlines()) <= 10
        if "async" not in example:
            exec(compile(example, str(PAGE), "exec"), known)
    assert "invalid" in capsys.readouterr().out
