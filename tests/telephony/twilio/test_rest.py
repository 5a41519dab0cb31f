from __future__ import annotations

import asyncio
import base64
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator, Mapping
from datetime import UTC, datetime
from urllib.parse import parse_qs
from xml.etree import ElementTree

import pytest

from rapida.errors import ConfigurationError, ProviderError, ProviderRefused, ProviderUnavailable
from rapida.providers.build import build
from rapida.telephony import CATALOGUE
from rapida.telephony.carrier import Carrier, Dial, PlacedCall
from rapida.telephony.twilio import client
from rapida.telephony.twilio.credential import TwilioCredential
from rapida.telephony.twilio.rest import (
    MOST_TOLD,
    SENTENCES,
    Twilio,
    TwilioOptions,
    TwilioRefused,
    TwilioUnavailable,
)
from tests.telephony.twilio.double import CALL, Double, twilio_double

ACCOUNT, TOKEN = "AC" + "0" * 32, "the-auth-token"
CALLS = f"/2010-04-01/Accounts/{ACCOUNT}/Calls"
SID = CALL["sid"]
assert SID is not None
ORDER = Dial("+15550002", "+15550001", "<Response/>", "https://voice.example.com/event", ring_s=25)


@pytest.fixture
async def double() -> AsyncIterator[Double]:
    async with twilio_double() as double:
        yield double


@pytest.fixture
async def twilio(double: Double) -> AsyncIterator[Twilio]:
    carrier = Twilio(TwilioOptions(api_url=double.url), TwilioCredential(ACCOUNT, TOKEN))
    yield carrier
    await carrier.aclose()


async def test_a_call_is_placed_with_its_document_and_every_event(double: Double, twilio: Twilio) -> None:
    double.status = 201
    placed = await twilio.dial(ORDER)
    assert placed == PlacedCall(SID, "queued", "outbound-api", "+15550001", "+15550002")
    (asked,) = double.asked
    assert (asked.method, asked.path) == ("POST", CALLS + ".json")
    assert (
        asked.headers["authorization"] == "Basic " + base64.b64encode(f"{ACCOUNT}:{TOKEN}".encode()).decode()
    )
    assert asked.form == {
        "To": ["+15550002"],
        "From": ["+15550001"],
        "Twiml": ["<Response/>"],
        "StatusCallback": ["https://voice.example.com/event"],
        "StatusCallbackEvent": ["initiated", "ringing", "answered", "completed"],
        "Timeout": ["25"],
    }


async def test_an_extension_is_sent_as_keys_once_the_call_is_taken(double: Double, twilio: Twilio) -> None:
    await twilio.dial(Dial("+1", "+2", "<Response/>", "https://h/event", send_digits="ww204#"))
    assert double.asked[0].form["SendDigits"] == ["ww204#"]


async def test_who_answered_is_found_out_while_the_call_goes_on(double: Double, twilio: Twilio) -> None:
    await twilio.dial(Dial("+1", "+2", "<Response/>", "https://h/event", detect_machine="greeting_end"))
    form = double.asked[0].form
    assert form["MachineDetection"] == ["DetectMessageEnd"]
    assert form["AsyncAmd"] == ["true"]
    assert form["AsyncAmdStatusCallback"] == ["https://h/event"]


async def test_a_call_is_ended(double: Double, twilio: Twilio) -> None:
    await twilio.complete(SID)
    assert double.asked[0].path == f"{CALLS}/{SID}.json"
    assert double.asked[0].form == {"Status": ["completed"]}


@pytest.mark.parametrize("path", ["/proxy/x", "/proxy/x/"])
async def test_a_proxys_path_stands_before_twilios_own(double: Double, path: str) -> None:
    twilio: Carrier = build(
        CATALOGUE,
        "twilio",
        {"api_url": double.url + path},
        {"account_sid": ACCOUNT, "account_token": TOKEN},
    )
    await twilio.complete(str(SID))
    assert double.asked[0].path == f"/proxy/x{CALLS}/{SID}.json"
    await twilio.aclose()


async def test_ending_a_call_that_is_over_is_no_error(double: Double, twilio: Twilio) -> None:
    double.status, double.body = 400, {"code": 21220, "message": "Call is not in-progress", "status": 400}
    await twilio.complete(SID)
    with pytest.raises(ProviderRefused, match="not in progress"):
        await twilio.transfer(SID, "+15550003", "+15550001")


async def test_a_transfer_is_a_document_that_dials(double: Double, twilio: Twilio) -> None:
    await twilio.transfer(SID, "+15550003", "+15550001")
    (document,) = double.asked[0].form["Twiml"]
    (dial,) = ElementTree.fromstring(document).iter("Dial")
    assert dial.get("callerId") == "+15550001"
    assert dial.findtext("Number") == "+15550003"


async def test_a_call_is_looked_up(double: Double, twilio: Twilio) -> None:
    double.body = CALL | {"status": "completed", "duration": "49", "answered_by": "human"}
    found = await twilio.fetch(SID)
    assert (found.status, found.duration_s, found.answered_by) == ("completed", 49, "human")
    assert double.asked[0].method == "GET"


@pytest.mark.parametrize("code", sorted(SENTENCES))
async def test_a_known_error_says_what_to_do(double: Double, twilio: Twilio, code: int) -> None:
    double.status, double.body = 400, {"code": code, "message": "in Twilio's words", "status": 400}
    with pytest.raises(ProviderRefused) as refused:
        await twilio.dial(ORDER)
    assert str(refused.value) == f"twilio: {SENTENCES[code]} (Twilio error {code})"
    assert vars(refused.value)["code"] == code
    assert not refused.value.retryable


async def test_an_unknown_error_is_told_in_twilios_words(double: Double, twilio: Twilio) -> None:
    double.status, double.body = 400, {"code": 99999, "message": "Something new", "status": 400}
    with pytest.raises(ProviderRefused, match=r"Something new \(Twilio error 99999\)"):
        await twilio.dial(ORDER)


@pytest.mark.parametrize("field", ["message", "detail"])
async def test_a_host_that_repeats_our_secrets_is_not_repeated(double: Double, field: str) -> None:
    secrets = {
        "account_token": TOKEN,
        "secondary_token": f"{TOKEN}-2",
        "shared_key_id": "the-key-id",
        "shared_key_secret": "the-key-secret",
    }
    basic = [base64.b64encode(f"{ACCOUNT}:{each}".encode()).decode() for each in (TOKEN, f"{TOKEN}-2")]
    said = " ".join((*secrets.values(), *basic, "x" * MOST_TOLD))
    double.status = 401
    double.body = {"code": 99999, "type": "t", "title": "T", "status": 401} | {field: said}
    if field == "message":
        del double.body["title"]  # the older form
    twilio = Twilio(TwilioOptions(api_url=double.url), TwilioCredential(ACCOUNT, **secrets))
    for asking in (twilio.dial(ORDER), twilio.placed_since("+1", "+2", SINCE)):
        with pytest.raises(ProviderRefused) as refused:
            await asking
        told = str(refused.value)
        assert "… … … … … … x" in told
        assert [each for each in (*secrets.values(), *basic) if each in told] == []
        assert len(told) < MOST_TOLD + 50
    await twilio.aclose()


@pytest.mark.parametrize(
    ("status", "body", "code", "dial_again", "ask_again"),
    [
        (429, {"code": 20429, "message": "Too many requests", "status": 429}, 20429, True, True),
        (503, {"code": 20503, "message": "Unavailable", "status": 503}, 20503, False, True),
        (502, "<html>bad gateway</html>", 502, False, True),
    ],
)
async def test_an_overloaded_twilio_is_unavailable(
    double: Double, twilio: Twilio, status: int, body: object, code: int, dial_again: bool, ask_again: bool
) -> None:
    double.status, double.body = status, body
    with pytest.raises(TwilioUnavailable) as dialled:
        await twilio.dial(ORDER)
    with pytest.raises(TwilioUnavailable) as ended:
        await twilio.complete(SID)
    assert (dialled.value.code, dialled.value.retryable, ended.value.retryable) == (
        code,
        dial_again,
        ask_again,
    )


@pytest.mark.parametrize(
    ("mood", "timeout_s", "saying"), [("silent", 0.8, "did not answer"), ("dropping", 60, "broke off")]
)
async def test_an_unanswered_dial_may_have_rung_and_is_not_to_be_repeated(
    double: Double, mood: str, timeout_s: float, saying: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # However slowly it connects to the double, what runs out is the time for the answer.
    monkeypatch.setattr(client, "CONNECT_SHARE", 100)
    double.mood = mood
    twilio = Twilio(TwilioOptions(api_url=double.url, timeout_s=timeout_s), TwilioCredential(ACCOUNT, TOKEN))
    with pytest.raises(ProviderUnavailable, match=f"{saying}.*look before dialling again") as unclear:
        await twilio.dial(ORDER)
    assert not unclear.value.retryable
    with pytest.raises(ProviderUnavailable, match=saying) as away:
        await twilio.fetch(SID)
    assert away.value.retryable
    await twilio.aclose()


async def test_an_answer_that_is_no_json_is_unavailable(double: Double, twilio: Twilio) -> None:
    double.body = "no json"
    with pytest.raises(ProviderUnavailable, match="broke off"):
        await twilio.dial(ORDER)


@pytest.mark.parametrize("body", ["[]", '"x"', "3", "null"])
async def test_an_answer_that_is_no_object_is_unavailable(double: Double, twilio: Twilio, body: str) -> None:
    double.body = body
    with pytest.raises(ProviderUnavailable, match="cannot be understood") as unclear:
        await twilio.dial(ORDER)
    assert not unclear.value.retryable
    with pytest.raises(ProviderUnavailable, match="cannot be understood") as away:
        await twilio.fetch(SID)
    assert away.value.retryable


async def test_an_answer_that_names_no_call_is_unavailable(double: Double, twilio: Twilio) -> None:
    double.body = {"status": "queued"}
    with pytest.raises(ProviderUnavailable, match="names no call") as unclear:
        await twilio.dial(ORDER)
    assert not unclear.value.retryable


async def test_an_absent_twilio_was_not_asked_and_may_be_asked_again() -> None:
    async with twilio_double() as gone:
        url = gone.url
    twilio = Twilio(TwilioOptions(api_url=url), TwilioCredential(ACCOUNT, TOKEN))
    with pytest.raises(ProviderUnavailable, match="cannot be reached") as away:
        await twilio.dial(ORDER)
    assert away.value.retryable
    await twilio.aclose()


@pytest.fixture
def overcrowded() -> Iterator[str]:
    """A port whose backlog is full: what wants to connect is dropped without a word."""
    with socket.create_server(("127.0.0.1", 0), backlog=0) as listener:
        waiting = [socket.socket() for _ in range(4)]
        for each in waiting:
            each.setblocking(False)
            each.connect_ex(listener.getsockname())
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        for each in waiting:
            each.close()


IMPATIENT_S = 20.0
"""Of a request that is impatient only while it connects: no stall of the machine takes up the rest of it."""


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Connecting may take a hundredth of a request's time; both never run out at once."""
    assert client.CONNECT_SHARE < 0.5
    monkeypatch.setattr(client, "CONNECT_SHARE", 0.01)


async def assert_it_was_not_asked(options: TwilioOptions) -> None:
    twilio = Twilio(options, TwilioCredential(ACCOUNT, TOKEN))
    with pytest.raises(TwilioUnavailable, match="cannot be reached") as away:
        await twilio.dial(ORDER)
    assert (away.value.retryable, away.value.code) == (True, 0)
    await twilio.aclose()


@pytest.mark.usefixtures("impatient")
async def test_a_dial_whose_connection_times_out_was_not_sent(overcrowded: str) -> None:
    await assert_it_was_not_asked(TwilioOptions(api_url=overcrowded, timeout_s=IMPATIENT_S))


@pytest.mark.usefixtures("impatient")
async def test_a_dial_whose_tls_handshake_is_not_answered_was_not_sent(double: Double) -> None:
    # The double waits for the end of a request's head, and the client for the server's hello.
    secured = double.url.replace("http:", "https:")
    await assert_it_was_not_asked(TwilioOptions(api_url=secured, timeout_s=IMPATIENT_S))
    assert double.asked == []


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("how", ["unknown", "silent"])
@pytest.mark.parametrize("guarded", [True, False])
async def test_a_dial_to_a_name_that_is_not_found_was_not_sent(
    monkeypatch: pytest.MonkeyPatch, how: str, guarded: bool
) -> None:
    async def nobody_knows(*asked: object, **how_asked: object) -> list[object]:
        if how == "unknown":
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        await asyncio.Event().wait()
        return []

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", nobody_knows)
    options = TwilioOptions(api_url="https://twilio.example.com", timeout_s=IMPATIENT_S, guarded=guarded)
    await assert_it_was_not_asked(options)


# The carrier's list -----------------------------------------------------------------------------------------


def a_page(*calls: Mapping[str, object]) -> dict[str, object]:
    return {
        "calls": [{**CALL, **each} for each in calls],
        "page_size": 200,
        "uri": "/",
        "next_page_uri": None,
    }


SINCE = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
BEFORE, AT, AFTER = (f"Sun, 22 Nov 2026 {each} +0000" for each in ("11:59:59", "12:00:00", "12:00:01"))


async def test_the_list_is_asked_for_calls_between_two_numbers_and_read_from_a_moment_on(
    double: Double, twilio: Twilio
) -> None:
    double.body = a_page(
        {"sid": "CA" + "4" * 32, "date_created": AFTER},
        {"sid": "CA" + "3" * 32, "date_created": AT},
        {"sid": "CA" + "2" * 32, "date_created": AFTER, "direction": "inbound"},
        {"sid": "CA" + "1" * 32, "date_created": BEFORE},
    )
    found = await twilio.placed_since("+15550002", "+15550001", SINCE)
    assert [each.call_id[-1] for each in found] == ["4", "3"]
    [asked] = double.asked
    path, _, query = asked.path.partition("?")
    assert (asked.method, path) == ("GET", CALLS + ".json")
    assert parse_qs(query) == {"To": ["+15550002"], "From": ["+15550001"], "PageSize": ["200"]}


@pytest.mark.parametrize(("young", "readable"), [(199, True), (200, False)])
async def test_with_two_hundred_calls_since_then_nobody_can_tell(
    double: Double, twilio: Twilio, young: int, readable: bool
) -> None:
    dates = [AFTER] * young + [BEFORE] * (200 - young)
    double.body = a_page(*({"sid": f"CA{at:032d}", "date_created": date} for at, date in enumerate(dates)))
    if readable:
        assert len(await twilio.placed_since("+15550002", "+15550001", SINCE)) == 199
        return
    with pytest.raises(TwilioUnavailable, match="more than 200 calls"):
        await twilio.placed_since("+15550002", "+15550001", SINCE)


@pytest.mark.parametrize(
    ("status", "body", "error", "saying"),
    [
        (401, {"code": 20003, "message": "Authenticate", "status": 401}, TwilioRefused, "do not fit"),
        (429, {"code": 20429, "message": "Too many", "status": 429}, TwilioUnavailable, "too many requests"),
        (503, "<html>away</html>", TwilioUnavailable, "Twilio error 503"),
        (200, {"calls": [], "more": []}, TwilioUnavailable, "cannot be understood"),
        (200, {"calls": [3], "page": 0}, TwilioUnavailable, "cannot be understood"),
        (200, "[]", TwilioUnavailable, "cannot be understood"),
        (403, {"type": "t", "title": "T", "status": "odd", "code": 1}, TwilioUnavailable, "understood"),
    ],
)
async def test_a_list_that_is_not_shown_is_an_error_like_any_other(
    double: Double, twilio: Twilio, status: int, body: object, error: type[ProviderError], saying: str
) -> None:
    double.status, double.body = status, body
    with pytest.raises(error, match=saying):
        await twilio.placed_since("+15550002", "+15550001", SINCE)


async def test_the_catalogue_builds_it_from_options_and_a_credential() -> None:
    carrier: Carrier = build(CATALOGUE, "twilio", {}, {"account_sid": ACCOUNT, "account_token": TOKEN})
    assert isinstance(carrier, Twilio)
    await carrier.aclose()
    with pytest.raises(ConfigurationError, match="account_sid"):
        build(CATALOGUE, "twilio", {}, {"account_sid": "SK1", "account_token": TOKEN})


def test_the_library_is_not_loaded_before_it_is_needed() -> None:
    program = (
        "import sys, rapida.telephony as t; t.CATALOGUE.load('twilio'); "
        "sys.exit(any(name.partition('.')[0] in ('twilio', 'aiohttp') for name in sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


async def test_only_at_twilios_own_host_are_prices_asked_at_theirs(
    double: Double, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    async def sent(self: object, method: str, url: str, **more: object) -> None:
        asked.append(url)

    monkeypatch.setattr(client.AsyncTwilioHttpClient, "request", sent)
    for base in ("https://api.twilio.com", double.url, "https://proxy.example.com/x"):
        http = client.HttpClient(pool_connections=False)
        http.aim(base, 1.0)
        for path in (
            "https://api.twilio.com/a",
            "https://pricing.twilio.com/b",
            "https://evil.example.com/c",
        ):
            await http.request("GET", path)
        await http.close()
    assert asked == [
        "https://api.twilio.com/a",
        "https://pricing.twilio.com/b",
        "https://api.twilio.com/c",
        *(f"{double.url}/{each}" for each in "abc"),
        *(f"https://proxy.example.com/x/{each}" for each in "abc"),
    ]
