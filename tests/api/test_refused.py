"""What the door refuses: told once, counted always, and alike about what there is and what there is not."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

import pytest
from structlog.testing import capture_logs

from rapida.api.request_ids import REQUEST_ID_HEADER
from rapida.node.addresses import UNPROVED
from rapida.telephony.twilio import webhook
from tests.api.conftest import ServedApi, build_served_api
from tests.databases import Place
from tests.switchboard.ready_node import CALL, FORM, HOST, LOCAL, SID, TOKEN, context_of, open_ready_node
from tests.switchboard.work_done import steps_taken

DATABASES = ("sqlite",)  # the statements are the same on the other one
NOWHERE = "5f0c4bb1-93f1-4a55-8a76-2d1d3d1d2f10"
CALL_PATH = "/v1/talk/twilio/call/1"
FOREIGN_HOSTS = ("rapida:8080", "app.internal", "10.1.2.3", f"{HOST}:8443")


def counted(api: ServedApi, what: str, reason: str) -> float:
    labels = {"what": what, "reason": reason}
    return api.metrics.registry.get_sample_value("rapida_refusals_total", labels) or 0.0


async def post(
    api: ServedApi, path: str, *, host: str = HOST, signed_for: str = HOST, token: str = TOKEN, **more: Any
) -> Any:
    """A form, signed for the public host, asked under any."""
    fields = {name: value for name, value in (api.ready.fields() | more).items() if value is not None}
    signature = webhook.sign(f"https://{signed_for}{path}", fields, token)
    headers = {webhook.SIGNATURE_HEADER: signature, "content-type": FORM}
    return await api.ask("POST", path, host=host, content=urlencode(fields), headers=headers)


# Under which name -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("host", FOREIGN_HOSTS)
async def test_a_carriers_request_is_served_under_the_name_that_a_proxy_gave_it(
    api: ServedApi, host: str
) -> None:
    answer = await post(api, CALL_PATH, host=host)
    assert answer.status_code == 200
    assert f"wss://{HOST}/" in answer.text, "the addresses are the public host's"
    path = answer.text.partition('statusCallback="')[2].partition('"')[0].removeprefix(f"https://{HOST}")
    for callback in (path, "/v1/talk/twilio/event/1"):
        told = await post(api, callback, host=host, CallStatus="in-progress", SequenceNumber="1")
        assert told.status_code == 204


@pytest.mark.parametrize("host", FOREIGN_HOSTS)
async def test_a_signature_for_the_name_that_a_proxy_gave_proves_nothing(api: ServedApi, host: str) -> None:
    assert (await post(api, CALL_PATH, host=host, signed_for=host)).status_code == 403


@pytest.mark.parametrize(
    "path", ["/health/live", "/health/ready", "/metrics", "/docs", "/", "/v1/assistants", "/v1/talk/twilio"]
)
@pytest.mark.parametrize("host", FOREIGN_HOSTS)
async def test_nothing_else_is_served_under_a_foreign_name(api: ServedApi, host: str, path: str) -> None:
    key = await api.a_key("admin")
    with capture_logs() as lines:
        answer = await api.ask("GET", path, host=host, key=key)
    assert (answer.status_code, answer.json()["code"]) == (421, "host_not_allowed")
    (line,) = [each for each in lines if each["event"] == "request_refused"]
    assert (line["host"], line["status"], line["reason"]) == (host, 421, "host_not_allowed")
    assert counted(api, "request", "host_not_allowed") == 1
    assert key not in str(lines)


@pytest.mark.parametrize("host", ["localhost:8080", HOST, "app.internal"])
async def test_without_a_public_host_the_carrier_is_told_the_fix_under_any_name(
    place: Place, host: str
) -> None:
    async with open_ready_node(place, public=None) as ready:
        api = build_served_api(ready)
        told = []
        for path in (CALL_PATH, "/v1/talk/twilio/call/99", "/v1/talk/twilio/event/1"):
            told.append(await post(api, path, host=host))
        told.append(await post(api, f"/v1/talk/twilio/ctx/{uuid4()}/event", host=host))
        for answer in told:
            assert (answer.status_code, answer.json()["code"]) == (503, "not_configured")
            assert "PUBLIC_ASSISTANT_HOST=calls.example.com" in answer.json()["detail"]
        if host != "localhost:8080":
            for path in ("/health/live", "/docs", "/v1/assistants"):
                assert (await api.ask("GET", path, host=host)).status_code == 421
        await ready.deploy(demo=True)
        assert (await post(api, CALL_PATH, host=host, signed_for=LOCAL)).status_code == 200


# What is told -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "reason", "status", "why"),
    [
        ({"token": "other"}, "not_proved", 403, "its signature fits no token of credential 1"),
        ({"signed_for": "wrong.example.com"}, "not_proved", 403, "asked another address"),
        ({"AccountSid": "AC" + "9" * 32}, "not_proved", 403, "no credential here is of the account 'AC9"),
        ({"path": "/v1/talk/twilio/call/99"}, "not_found", 404, "there is no assistant 99"),
        ({"path": "/v1/talk/twilio/call/%7Bid%7D"}, "not_found", 404, "placeholder"),
        ({"path": "/v1/talk/twilio/call/1?x-api-key=hunter2", "token": "other"}, "not_proved", 403, "token"),
        ({"path": "/v1/talk/twilio/call/1?From=hunter2"}, "malformed", 400, "'From' comes twice"),
        ({"Extra": "x" * 70_000}, "too_large", 413, "at most 65536 bytes"),
    ],
)
async def test_a_refused_webhook_is_one_line_with_its_address_and_reason(
    api: ServedApi, given: dict[str, Any], reason: str, status: int, why: str
) -> None:
    path = given.pop("path", CALL_PATH)
    with capture_logs() as lines:
        answers = [await post(api, path, **given) for _ in range(3)]
    assert [each.status_code for each in answers] == [status] * 3
    (line,) = lines
    assert (line["event"], line["reason"], line["status"]) == ("webhook_refused", reason, status)
    assert line["url"].startswith(f"https://{HOST}{path.partition('?')[0]}")
    assert why in line["why"]
    assert line["address"] == "127.0.0.1"
    assert counted(api, "webhook", reason) == 3
    assert "hunter2" not in str(lines)
    assert TOKEN not in str(lines)


async def test_a_refused_callback_is_a_line_too_and_so_is_a_misspelt_address(api: ServedApi) -> None:
    with capture_logs() as lines:
        await post(api, f"/v1/talk/twilio/ctx/{uuid4()}/event", token="other")
        await post(api, "/v1/talk/twilio/event/1", token="other")
        await post(api, "/v1/talk/twilio/cal/1")
        await api.ask("DELETE", CALL_PATH, host=HOST)
    assert [(line["event"], line["status"]) for line in lines] == [
        ("callback_refused", 403),
        ("request_refused", 404),
        ("webhook_refused", 405),
    ]
    assert counted(api, "callback", "not_proved") == 2


async def test_a_socket_at_an_address_that_is_none_is_told(api: ServedApi) -> None:
    sent: list[Any] = []

    async def receive() -> Any:
        return {"type": "websocket.connect"}

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {"type": "websocket", "path": CALL_PATH, "headers": [], "query_string": b"key=hunter2"}
    with capture_logs() as lines:
        await api.app(scope, receive, send)
    assert sent[0]["type"] == "websocket.close"
    assert (lines[0]["event"], lines[0]["url"]) == ("socket_refused", f"wss://{HOST}{CALL_PATH}?…")


async def test_what_is_served_is_not_told(api: ServedApi) -> None:
    with capture_logs() as lines:
        assert (await post(api, CALL_PATH)).status_code == 200
        assert (await api.ask("GET", "/v1/nowhere")).status_code in (401, 404)
    assert [line for line in lines if "refused" in line["event"]] == []


# What a stranger learns -------------------------------------------------------------------------------------


FORGERIES: dict[str, dict[str, Any]] = {
    "unsigned": {"signature": None},
    "forged": {"signature": "x" * 28},
    "forged, of a known account": {"signature": "x" * 28, "AccountSid": SID},
    "forged, of an unknown account": {"signature": "x" * 28, "AccountSid": "AC" + "9" * 32},
    "without fields": {"signature": "x" * 28, "AccountSid": None, "CallSid": None},
}


@pytest.mark.parametrize("method", ["POST", "GET"])
@pytest.mark.parametrize(
    ("known", "unknown"),
    [
        ("/v1/talk/twilio/call/1", "/v1/talk/twilio/call/99"),
        ("/v1/talk/twilio/event/1", "/v1/talk/twilio/event/99"),
        ("/v1/talk/twilio/ctx/{context}/event", f"/v1/talk/twilio/ctx/{NOWHERE}/event"),
    ],
)
async def test_who_has_proved_nothing_cannot_tell_what_there_is(
    api: ServedApi, monkeypatch: pytest.MonkeyPatch, method: str, known: str, unknown: str
) -> None:
    context = context_of(await api.ready.rings())
    for forgery, given in FORGERIES.items():
        changes = dict(given)
        signature = changes.pop("signature")
        fields = {"AccountSid": SID, "CallSid": CALL, "CallStatus": "completed"} | changes
        form = urlencode({name: value for name, value in fields.items() if value is not None})
        headers = {} if signature is None else {webhook.SIGNATURE_HEADER: signature}
        sent: dict[str, Any] = {"params": form} if method == "GET" else {"content": form}
        headers[REQUEST_ID_HEADER] = "1"  # else each answer has another
        sent["headers"] = headers | ({"content-type": FORM} if method == "POST" else {})
        seen = []
        for path in (known.format(context=context), unknown):
            with steps_taken(api.ready.store, monkeypatch) as steps:
                answer = await api.ask(method, path, host=HOST, **sent)
            seen.append((answer.status_code, dict(answer.headers), answer.content, steps))
        assert seen[0] == seen[1], forgery
        status, _, body, steps = seen[0]
        assert (status, UNPROVED in body.decode()) == (403, True), forgery
        assert any(each.startswith("SELECT") for each in steps), "nothing was looked up at all"
        assert steps.count("signature") == (0 if signature is None else 4), forgery


async def test_a_broken_form_is_the_same_at_what_there_is_and_what_there_is_not(api: ServedApi) -> None:
    context = context_of(await api.ready.rings())
    answers = []
    for path in ("call/1", "call/99", "event/1", f"ctx/{context}/event", f"ctx/{uuid4()}/event"):
        headers = {webhook.SIGNATURE_HEADER: "x", "content-type": FORM}
        answer = await api.ask(
            "POST", f"/v1/talk/twilio/{path}", host=HOST, content=b"\xff=%zz", headers=headers
        )
        answers.append((answer.status_code, answer.content))
    assert len(set(answers)) == 1
    assert answers[0][0] == 400
