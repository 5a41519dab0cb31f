"""Reads the forms of Twilio's Calls API: parameters to values, and what Twilio refuses to its own codes.

Nothing is dialled here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from urllib.parse import urlsplit

from ...errors import RapidaError
from .callee import Dial
from .faults import LineFault
from .orders import NewTwiml
from .running import Subscription
from .twiml import parse

Form = Mapping[str, Sequence[str]]
"""A request's form: every key with all its values."""

EVENTS = ("initiated", "ringing", "answered", "completed")


class Refused(RapidaError):
    """A request Twilio answers with its error JSON: HTTP status, Twilio's code, a sentence."""

    def __init__(self, status: int, code: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message


def not_found(resource: str) -> Refused:
    return Refused(404, 20404, f"The requested resource {resource} was not found")


def read_dial(form: Form) -> Dial:
    """The parameters of a new call but its two numbers. Raises `Refused`."""
    events = tuple(event for value in form.get("StatusCallbackEvent", ()) for event in value.split())
    if unknown := [event for event in events if event not in EVENTS]:
        raise Refused(400, 21626, f"Invalid StatusCallbackEvent: {unknown[0]}")
    detection = one(form, "MachineDetection")
    if detection and detection not in ("Enable", "DetectMessageEnd"):
        raise Refused(400, 20001, f"Invalid MachineDetection: {detection}")
    timeout_s = number(form, "Timeout", 60.0)
    if not 0 < timeout_s <= 600:
        raise Refused(400, 20001, "Timeout must be between 1 and 600 seconds")
    if not re.fullmatch(r"[0-9#*wW]{0,32}", digits := one(form, "SendDigits")):
        raise Refused(400, 20001, f"SendDigits takes up to 32 of 0-9, #, * and w, not {digits!r}")
    callback = _url(form, "StatusCallback")
    return Dial(
        # A Url wins over Twiml, as at Twilio.
        opening=opening(
            "" if one(form, "Url") else one(form, "Twiml"), _url(form, "Url"), _method(form, "Method")
        ),
        subscription=Subscription(callback, events or ("completed",), _method(form, "StatusCallbackMethod")),
        timeout_s=timeout_s,
        digits=digits,
        detection=bool(detection),
        detection_waits=one(form, "AsyncAmd").lower() != "true",
        detection_callback=_url(form, "AsyncAmdStatusCallback"),
        detection_method=_method(form, "AsyncAmdStatusCallbackMethod"),
    )


def opening(twiml: str, url: str, method: str) -> NewTwiml:
    """Where a call's TwiML comes from. Raises `Refused` when it comes from nowhere or cannot be read."""
    if not twiml:
        if not url:
            raise Refused(400, 21205, "Url parameter is required")
        return NewTwiml(url=url, method=method)
    if len(twiml) > 4000:
        raise Refused(400, 21623, "Twiml must be at most 4000 characters long")
    try:
        parse(twiml.encode(), "https://twiml.invalid/")
    except LineFault as fault:
        raise Refused(400, 21624, f"Invalid Twiml: {fault.detail}") from fault
    return NewTwiml(twiml=twiml.encode())


def is_callable(address: str) -> bool:
    """A number in E.164, a client or a SIP address."""
    return address.startswith(("client:", "sip:")) or bool(re.fullmatch(r"\+[1-9]\d{6,14}", address))


def one(form: Form, key: str) -> str:
    """A parameter's last value, empty if absent."""
    return form[key][-1] if form.get(key) else ""


def number(form: Form, key: str, default: float) -> float:
    """Raises `Refused` if the parameter is there and no number."""
    written = one(form, key)
    if not written:
        return default
    if not written.isdecimal():
        raise Refused(400, 20001, f"{key} must be a number, not {written!r}")
    return float(written)


def _url(form: Form, key: str) -> str:
    url = one(form, key)
    if url and (urlsplit(url).scheme not in ("http", "https") or not urlsplit(url).hostname):
        raise Refused(400, 21205 if key == "Url" else 21609, f"{key} is not a valid URL: {url}")
    return url


def _method(form: Form, key: str) -> str:
    method = one(form, key) or "POST"
    if method not in ("GET", "POST"):
        raise Refused(400, 20001, f"{key} must be GET or POST, not {method}")
    return method
