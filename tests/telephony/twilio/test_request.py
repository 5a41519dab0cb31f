"""What one of Twilio's requests says, and that nobody can be meant by two of its fields."""

from __future__ import annotations

import pytest

from rapida.errors import WireError
from rapida.telephony.twilio import webhook
from rapida.telephony.webhooks import InboundCall
from tests.switchboard.ready_node import FORM, a_request

TWICE = {
    "in the form": (FORM, "", b"CallSid=CA1&CallSid=CA2"),
    "alike in the form": (FORM, "", b"AccountSid=AC1&AccountSid=AC1"),
    "empty at first": (FORM, "", b"From=&From=%2B15550001"),
    "in query and form": (FORM, "To=%2B15550001", b"To=%2B15550002"),
    "in another case": (FORM, "", b"CallSid=CA1&callsid=CA2"),
    "as a list of one": (FORM, "", b"CallSid=CA1&CallSid[]=CA2"),
    "with an index": (FORM, "", b"CallSid=CA1&CallSid%5B0%5D=CA2"),
    "with blanks around": (FORM, "", b"CallSid=CA1&+CallSid+=CA2"),
    "with a line's end": (FORM, "", b"AccountSid=AC1&AccountSid%0A=AC2"),
    "a callback's status": (FORM, "", b"CallStatus=ringing&CallStatus=completed"),
    "in JSON": ("application/json", "", b'{"CallSid": "CA1", "CallSid": "CA2"}'),
    "in JSON, escaped": ("application/json", "", b'{"CallSid": "CA1", "Call\\u0053id": "CA2"}'),
    "as a list in JSON": ("application/json", "", b'{"CallSid": ["CA1", "CA2"]}'),
    "as an object in JSON": ("application/json", "", b'{"From": {"0": "+15550001"}}'),
    "in query and JSON": ("application/json", "From=x", b'{"From": "y"}'),
    "in a query beside a plain body": ("text/plain", "To=x&To=y", b""),
}


@pytest.mark.parametrize("written", TWICE)
def test_a_field_that_decides_who_is_meant_and_comes_twice_is_refused(written: str) -> None:
    kind, query, body = TWICE[written]
    with pytest.raises(WireError, match=r"comes twice|one plain value"):
        _ = a_request("POST", path="/x", query=query, headers={"content-type": kind}, body=body).fields


@pytest.mark.parametrize(
    "query", ["CallSid=CA1&CallSid=CA2", "From=x&from=x", "AccountSid[0]=x&AccountSid=y"]
)
def test_so_it_is_in_the_query_of_a_get(query: str) -> None:
    with pytest.raises(WireError, match="comes twice"):
        _ = a_request("GET", path="/x", query=query, headers={}).fields


@pytest.mark.parametrize("name", webhook.DECIDING)
def test_every_deciding_field_counts(name: str) -> None:
    with pytest.raises(WireError, match=name):
        _ = a_request(
            "POST", path="/x", query=f"{name}=1", headers={"content-type": FORM}, body=f"{name}=1".encode()
        ).fields


@pytest.mark.parametrize(
    ("kind", "query", "body", "told"),
    [
        (FORM, "name=a&name=b", b"CallSid=CA1&Digits=1&Digits=2", {"CallSid": ["CA1"], "Digits": ["1", "2"]}),
        ("application/json", "", b'{"a": 1, "a": true, "b": null, "c": [1]}', {"a": ["1", "true"]}),
        ("application/json", "To=x", b'{"CallSid": null, "From": "y"}', {"To": ["x"], "From": ["y"]}),
        (FORM, "", b"From=x&FromCity=y&Caller=x", {"From": ["x"], "FromCity": ["y"], "Caller": ["x"]}),
    ],
)
def test_other_fields_may_come_as_often_as_they_like(
    kind: str, query: str, body: bytes, told: dict[str, list[str]]
) -> None:
    assert a_request("POST", path="/x", query=query, headers={"content-type": kind}, body=body).fields == told


@pytest.mark.parametrize("method", ["POST", "GET"])
def test_a_call_is_announced_by_its_form_or_its_query(method: str) -> None:
    fields = "AccountSid=AC1&CallSid=CA1&From=%2B1&To=%2B2&CallerName=Ada"
    own = "shop=3&x-api-key=k"
    if method == "POST":
        read = a_request(
            "POST",
            path="/x",
            query=f"{own}&bodySHA256=0",
            headers={"content-type": FORM},
            body=fields.encode(),
        )
    else:
        read = a_request("GET", path="/x", query=f"{own}&{fields}", headers={})
    called = InboundCall(
        account_id="AC1",
        call_id="CA1",
        from_number="+1",
        to_number="+2",
        query={"shop": "3", "x-api-key": "k"},
        carried={"CallerName": "Ada"},
    )
    assert read.call == called
