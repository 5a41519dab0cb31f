"""The REST side as the official client and a raw one see it; outbound calls to their last callback."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest

from rapida.simulator.twilio import sounds
from rapida.simulator.twilio.callee import Callee
from rapida.simulator.twilio.rest import RestSide
from rapida.simulator.twilio.script import At, HangUp, Script, Step

from .app import ACCOUNT, HOST, App, Talk, connect_then, listen, serving

BASE = f"/2010-04-01/Accounts/{ACCOUNT.sid}"
OURS, THEIRS = "+14155550100", "+14155550123"
SHORT = Script((Step(At(0.15), HangUp()),))
GREETING = sounds.noise(300, dbfs=-20, seed=1)
ALL = ["initiated", "ringing", "answered", "completed"]


class RestClient:
    """One REST side, its app, and a client with the account's credentials."""

    def __init__(self, rest: RestSide, app: App, http: httpx.AsyncClient) -> None:
        self.rest, self.app, self.http = rest, app, http

    async def create(self, **fields: Any) -> httpx.Response:
        form = {"To": THEIRS, "From": OURS, "Url": f"https://{HOST}/voice"} | fields
        return await self.http.post(f"{BASE}/Calls.json", data=form)

    async def dial(self, **fields: Any) -> str:
        answer = await self.create(**fields)
        assert answer.status_code == 201, answer.text
        return answer.json()["sid"]

    async def update(self, sid: str, **fields: Any) -> httpx.Response:
        return await self.http.post(f"{BASE}/Calls/{sid}.json", data=fields)

    async def status(self, sid: str) -> str:
        return (await self.http.get(f"{BASE}/Calls/{sid}.json")).json()["status"]

    async def until(self, sid: str, status: str) -> None:
        async with asyncio.timeout(120):
            while await self.status(sid) != status:
                await asyncio.sleep(0.01)

    def statuses(self) -> list[tuple[str, str]]:
        return [
            (form["SequenceNumber"], form["CallStatus"])
            for form in self.app.callbacks
            if "CallStatus" in form
        ]


@asynccontextmanager
async def rest_client(
    app: App | None = None, callee: Callee | None = None, **options: Any
) -> AsyncIterator[RestClient]:
    options = {"calls_per_second": 100.0, "numbers": [OURS]} | options
    callee = callee or Callee(after_s=0.05, script=SHORT)
    async with (
        serving(app or App()) as served,
        RestSide(ACCOUNT, connect=served.address, anyone=callee, **options) as rest,
        httpx.AsyncClient(
            base_url=rest.url, auth=(ACCOUNT.sid, ACCOUNT.token), trust_env=False, verify=False
        ) as http,
    ):
        yield RestClient(rest, served, http)


async def test_a_call_is_created_answered_talked_and_completed() -> None:
    async def answer(talk: Talk) -> None:
        await talk.until("start")
        await talk.play(GREETING)
        await listen(talk)

    async with rest_client(App(answer=answer)) as d:
        created = (await d.create(StatusCallback=f"https://{HOST}/status", StatusCallbackEvent=ALL)).json()
        assert (created["status"], created["direction"], created["to"]) == ("queued", "outbound-api", THEIRS)
        report = await d.rest.ended(created["sid"])
        shown = (await d.http.get(f"{BASE}/Calls/{created['sid']}.json")).json()
    assert (report.status, report.end, report.failure) == ("completed", "caller hung up", "")
    assert GREETING.startswith(report.heard.sound[:1600])
    assert d.statuses() == [("0", "initiated"), ("1", "ringing"), ("2", "in-progress"), ("3", "completed")]
    assert all(request.proved for request in d.app.requests)
    first = d.app.requests[[request.path for request in d.app.requests].index("/voice")]
    assert (first.form["Direction"], first.form["CallStatus"]) == ("outbound-api", "in-progress")
    assert (shown["status"], shown["start_time"] is None, shown["end_time"] is None) == (
        "completed",
        False,
        False,
    )


async def test_only_the_events_asked_for_are_fired_and_counted() -> None:
    async with rest_client() as d:
        sid = await d.dial(StatusCallback=f"https://{HOST}/status")
        await d.rest.ended(sid)
        assert d.statuses() == [("0", "completed")]


async def test_twiml_in_the_request_needs_no_webhook() -> None:
    async with rest_client() as d:
        sid = await d.dial(Url="", Twiml=connect_then())
        report = await d.rest.ended(sid)
    assert report.reached_end
    assert "/voice" not in {request.path for request in d.app.requests}


@pytest.mark.parametrize(
    ("callee", "fields", "status", "sip_code"),
    [
        (Callee("busy", after_s=0.05), {}, "busy", "486"),
        (Callee("failed"), {}, "failed", "404"),
        (Callee("no-answer"), {"Timeout": "1"}, "no-answer", "487"),
        (Callee("answers", after_s=5), {"Timeout": "1"}, "no-answer", "487"),
    ],
    ids=["busy", "failed", "no-answer", "too late"],
)
async def test_every_way_of_not_answering_keeps_its_own_status(
    callee: Callee, fields: dict[str, str], status: str, sip_code: str
) -> None:
    async with rest_client(callee=callee) as d:
        sid = await d.dial(StatusCallback=f"https://{HOST}/status", StatusCallbackEvent="completed", **fields)
        report = await d.rest.ended(sid)
        assert await d.status(sid) == status
    assert (report.status, report.end) == (status, "not answered")
    (form,) = d.app.callbacks
    assert (form["CallStatus"], form["SipResponseCode"], form["CallDuration"]) == (status, sip_code, "0")


async def test_each_number_has_its_own_callee() -> None:
    async with rest_client(callees={"+14155550199": Callee("busy", after_s=0.01)}) as d:
        busy, fine = await d.dial(To="+14155550199"), await d.dial()
        assert (await d.rest.ended(busy)).status == "busy"
        assert (await d.rest.ended(fine)).status == "completed"


async def test_an_update_hangs_up_with_stop_on_the_stream_and_a_second_one_is_21220() -> None:
    async with rest_client(callee=Callee(after_s=0.05, script=Script())) as d:
        sid = await d.dial()
        await d.until(sid, "in-progress")
        while not d.app.talks or not d.app.talks[0].of("media"):
            await asyncio.sleep(0.01)
        assert (await d.update(sid, Status="completed")).status_code == 200
        report = await d.rest.ended(sid)
        again = await d.update(sid, Status="completed")
    assert (report.status, report.end) == ("completed", "hung up by the API")
    assert len(d.app.talks[0].of("stop")) == 1
    assert (again.status_code, again.json()["code"]) == (400, 21220)


async def test_an_update_with_twiml_ends_the_stream_and_goes_on_there() -> None:
    async with rest_client(callee=Callee(after_s=0.05, script=Script())) as d:
        sid = await d.dial()
        await d.until(sid, "in-progress")
        while not d.app.talks or not d.app.talks[0].of("media"):
            await asyncio.sleep(0.01)
        await d.update(sid, Twiml="<Response><Dial>+14155550177</Dial></Response>")
        report = await d.rest.ended(sid)
    assert report.dialled[0].targets == ("+14155550177",)
    assert (report.end, report.failure) == ("transferred", "")


async def test_a_ringing_call_can_be_canceled_but_not_redirected() -> None:
    async with rest_client(callee=Callee(after_s=30)) as d:
        sid = await d.dial()
        await d.until(sid, "ringing")
        redirected = await d.update(sid, Twiml="<Response/>")
        assert redirected.json()["code"] == 21220
        await d.update(sid, Status="canceled")
        assert (await d.rest.ended(sid)).status == "canceled"


async def test_the_time_limit_ends_a_call() -> None:
    async with rest_client(callee=Callee(after_s=0.01, script=Script())) as d:
        report = await d.rest.ended(await d.dial(TimeLimit="1"))
    assert (report.end, report.failure) == ("time limit", "the call ended early: time limit")


async def test_keys_are_sent_to_whoever_answers_before_the_call_goes_on() -> None:
    async with rest_client(callee=Callee(after_s=0.01, script=SHORT)) as d:
        report = await d.rest.ended(await d.dial(SendDigits="w2#"))
    assert (report.keys, report.failure) == ("2#", "")


async def test_detection_may_come_while_the_call_goes_on_or_before_it() -> None:
    machine = Callee(after_s=0.01, answered_by="machine_start", detection_s=0.1, script=SHORT)
    async with rest_client(callee=machine) as d:
        fields = {"MachineDetection": "Enable", "AsyncAmd": "true"}
        report = await d.rest.ended(await d.dial(AsyncAmdStatusCallback=f"https://{HOST}/amd", **fields))
        (form,) = [request.form for request in d.app.requests if request.path == "/amd"]
        assert form["AnsweredBy"] == report.answered_by == "machine_start"
        assert "CallStatus" not in form
        d.app.requests.clear()
        await d.rest.ended(await d.dial(MachineDetection="Enable"))
        assert d.app.requests[0].form["AnsweredBy"] == "machine_start"


async def test_calls_beyond_the_rate_wait_in_the_queue_and_can_be_given_up_there() -> None:
    async with rest_client(calls_per_second=0.05) as d:
        first, second = await d.dial(), await d.dial()
        await d.rest.ended(first)
        assert await d.status(second) == "queued"
        await d.update(second, Status="canceled")
        assert (await d.rest.ended(second)).status == "canceled"
        assert len(d.app.talks) == 1


WRONG: list[tuple[dict[str, str], int]] = [
    ({"To": ""}, 21201),
    ({"From": ""}, 21213),
    ({"To": "4155550123"}, 21211),
    ({"From": "nobody"}, 21212),
    ({"From": "+14155550999"}, 21210),
    ({"Url": ""}, 21205),
    ({"Url": "voice.example.com"}, 21205),
    ({"StatusCallback": "nowhere"}, 21609),
    ({"StatusCallbackEvent": "hiccup"}, 21626),
    ({"Url": "", "Twiml": "x" * 4001}, 21623),
    ({"Url": "", "Twiml": "<Reply/>"}, 21624),
    ({"Timeout": "long"}, 20001),
    ({"Timeout": "601"}, 20001),
    ({"SendDigits": "ext. 5"}, 20001),
    ({"Method": "PUT"}, 20001),
    ({"MachineDetection": "Maybe"}, 20001),
]


async def test_every_wrong_request_gets_twilios_code_and_no_call() -> None:
    async with rest_client() as d:
        for fields, code in WRONG:
            answer = await d.create(**fields)
            assert (answer.status_code, answer.json()["code"], answer.json()["status"]) == (400, code, 400), (
                fields
            )
            assert set(answer.json()) == {"code", "message", "more_info", "status"}
        assert d.rest.account_calls.calls == {}


async def test_strangers_unknown_sids_and_haste_are_refused() -> None:
    async with rest_client() as d:
        for auth in (("AC1", ACCOUNT.token), (ACCOUNT.sid, "wrong")):
            stranger = await d.http.get(f"{BASE}.json", auth=auth)
            assert (stranger.status_code, stranger.json()["code"]) == (401, 20003)
        for path in (f"{BASE}/Calls/CA1.json", "/2010-04-01/Accounts/AC2/Calls.json", f"{BASE}/Faxes.json"):
            unknown = await d.http.get(path)
            assert (unknown.status_code, unknown.json()["code"]) == (404, 20404)
        d.rest.throttled = 1
        hasty = await d.http.get(f"{BASE}.json")
        assert (hasty.status_code, hasty.json()["code"], hasty.headers["retry-after"]) == (429, 20429, "1")
        assert (await d.http.get(f"{BASE}.json")).json()["status"] == "active"


async def test_calls_are_listed_newest_first_filtered_and_paged() -> None:
    async with rest_client(callees={"+14155550199": Callee("busy", after_s=0.01)}) as d:
        sids = [await d.dial(To=to) for to in (THEIRS, "+14155550199", THEIRS)]
        for sid in sids:
            await d.rest.ended(sid)

        async def listed(**query: str) -> list[str]:
            answer = await d.http.get(f"{BASE}/Calls.json", params=query)
            return [call["sid"] for call in answer.json()["calls"]]

        assert await listed() == sids[::-1]
        assert await listed(To="+14155550199") == [sids[1]]
        assert await listed(Status="completed") == [sids[2], sids[0]]
        assert await listed(From="+14155550000") == []
        assert await listed(**{"StartTime>": "2000-01-01"}) == sids[::-1]
        assert await listed(**{"StartTime<": "2000-01-01T00:00:00Z"}) == []
        assert await listed(StartTime="2000-01-01") == []
        first = (await d.http.get(f"{BASE}/Calls.json", params={"PageSize": 2})).json()
        second = (await d.http.get(first["next_page_uri"])).json()
        assert [call["sid"] for call in first["calls"] + second["calls"]] == sids[::-1]
        assert second["next_page_uri"] is None
        assert (await d.http.get(f"{BASE}/Calls.json", params={"StartTime": "then"})).status_code == 400


async def test_numbers_are_listed_and_pointed_elsewhere() -> None:
    async with rest_client(numbers=[OURS, "+14155550101"]) as d:
        found = (await d.http.get(f"{BASE}/IncomingPhoneNumbers.json", params={"PhoneNumber": OURS})).json()
        (number,) = found["incoming_phone_numbers"]
        path = f"{BASE}/IncomingPhoneNumbers/{number['sid']}.json"
        changed = (await d.http.post(path, data={"VoiceUrl": "https://a/b", "Unknown": "x"})).json()
        assert changed == {**number, "voice_url": "https://a/b"}
        assert (await d.http.get(path)).json() == changed
        assert (await d.http.get(f"{BASE}/IncomingPhoneNumbers/PN1.json")).status_code == 404


async def test_a_call_still_running_is_hung_up_when_the_rest_side_ends() -> None:
    async with rest_client(callee=Callee(after_s=0.01, script=Script())) as d:
        sid = await d.dial()
        await d.until(sid, "in-progress")
        placed = d.rest.account_calls.calls[sid]
    assert placed.report.end == "hung up by the API"


async def test_the_official_client_places_reads_and_lists_calls() -> None:
    from twilio.base.exceptions import TwilioRestException
    from twilio.http.http_client import TwilioHttpClient
    from twilio.rest import Client

    async with rest_client() as d:

        class Local(TwilioHttpClient):
            def request(self, method: str, url: str, *rest: Any, **fields: Any) -> Any:
                return super().request(
                    method, url.replace("https://api.twilio.com", d.rest.url), *rest, **fields
                )

        http = Local(pool_connections=False)
        client = Client(ACCOUNT.sid, ACCOUNT.token, http_client=http)
        call = await asyncio.to_thread(
            client.calls.create,
            to=THEIRS,
            from_=OURS,
            url=f"https://{HOST}/voice",
            status_callback=f"https://{HOST}/status",
            status_callback_event=ALL,
        )
        assert call.status == "queued"
        assert call.sid
        await d.rest.ended(call.sid)
        read = await asyncio.to_thread(client.calls(call.sid).fetch)
        assert (read.status, read.start_time is None) == ("completed", False)
        assert [one.sid for one in await asyncio.to_thread(client.calls.list, to=THEIRS)] == [call.sid]
        numbers = await asyncio.to_thread(client.incoming_phone_numbers.list)
        assert [number.phone_number for number in numbers] == [OURS]
        with pytest.raises(TwilioRestException) as raised:
            await asyncio.to_thread(client.calls(call.sid).update, status="completed")
        assert raised.value.code == 21220
    assert [status for _, status in d.statuses()] == ["initiated", "ringing", "in-progress", "completed"]
