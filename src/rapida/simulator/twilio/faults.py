"""What goes wrong on a call, in Twilio's own numbers: one table of codes and the record of a fault.

A fault never raises through the line: it is written into the call's report, as Twilio writes it into its
debugger, and the line goes on as Twilio would.
"""

from __future__ import annotations

from dataclasses import dataclass

from ...errors import RapidaError

MEANINGS = {
    11200: "the webhook did not answer with success",
    11205: "the webhook's host cannot be reached",
    12100: "the answer is no TwiML document",
    12200: "the TwiML does not follow its schema",
    12300: "the answer's Content-Type is no TwiML type",
    13224: "the number dialled is not valid",
    31901: "the stream's host did not answer in time",
    31902: "the stream's host refused the connection",
    31910: "TLS failed on the way to the stream",
    31920: "the stream's WebSocket upgrade was not answered with 101",
    31921: "the stream's socket was closed abnormally",
    31922: "the stream's URL is not wss",
    31923: "the stream's URL is malformed",
    31931: "more than ten minutes of sound are buffered, the rest is dropped",
    31941: "this track cannot be asked for under <Connect>",
    31950: "a message on the stream cannot be decoded",
    31951: "a message on the stream breaks the protocol",
}
"""Twilio's error and warning codes that the simulated phone can meet, each with a short meaning."""


@dataclass(frozen=True)
class Fault:
    """One error or warning of a call: Twilio's code, what happened here, and when (seconds of the call)."""

    code: int
    detail: str
    at_s: float = 0.0
    warning: bool = False

    def __str__(self) -> str:
        kind = "warning" if self.warning else "error"
        return f"{kind} {self.code} ({MEANINGS[self.code]}): {self.detail}"


class LineFault(RapidaError):
    """Raised inside the line to leave a document or a stream; carries the Twilio code."""

    def __init__(self, code: int, detail: str) -> None:
        super().__init__(f"{code}: {detail}")
        self.code = code
        self.detail = detail

    def as_fault(self, at_s: float) -> Fault:
        return Fault(self.code, self.detail, at_s)
