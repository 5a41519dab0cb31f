"""One request of the loopback carrier: a JSON object, and the signature over it.

A call is announced as `account`, `call`, `from` and `to`. A callback names `account` and `call` too, and has
a `state`, or who `answered`; `number` counts a call's callbacks from 1.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cached_property
from typing import ClassVar, Final
from urllib.parse import parse_qsl

import msgspec
from msgspec import Struct, field

from ...errors import WireError
from ..webhooks import Answerer, Callback, CarrierRequest, InboundCall, SignedPost, SigningKeys

SIGNATURE_HEADER: Final = "x-loopback-signature"
STATES: Final = {
    "trying": "initiated",
    "ringing": "ringing",
    "up": "in-progress",
    "ended": "completed",
    "busy": "busy",
    "unanswered": "no-answer",
    "refused": "failed",
    "withdrawn": "canceled",
}
"""This carrier's words for the states of a call → the platform's."""
_ANSWERERS: Final[dict[str, Answerer]] = {"": "", "person": "person", "fax": "fax"}


class _Body(Struct, rename={"from_": "from"}):
    """What a request says."""

    account: str = ""
    call: str = ""
    from_: str = ""
    to: str = ""
    state: str = ""
    answered: str = ""
    number: int = 0
    why: str = ""
    at: datetime | None = None
    seconds: int | None = None
    variables: dict[str, str] = field(default_factory=dict[str, str])


def sign(method: str, url: str, body: bytes, token: str) -> str:
    """The signature of a request; a media socket's upgrade is a GET without a body."""
    return hmac.digest(token.encode(), f"{method} {url}\n".encode() + body, "sha256").hex()


class LoopbackWebhook:
    """A `Webhook`."""

    def __init__(self, request: CarrierRequest) -> None:
        self.request = request

    @cached_property
    def _told(self) -> _Body:
        try:
            return msgspec.json.decode(self.request.body, type=_Body)
        except msgspec.MsgspecError:
            raise WireError("a body that is no request of this carrier") from None

    @property
    def account_id(self) -> str:
        return self._told.account

    @property
    def call_id(self) -> str:
        return self._told.call

    @property
    def call(self) -> InboundCall:
        told, query = self._told, dict(parse_qsl(self.request.query))
        return InboundCall(
            account_id=told.account,
            call_id=told.call,
            from_number=told.from_,
            to_number=told.to,
            query=query,
            carried=told.variables,
        )

    @property
    def callback(self) -> Callback:
        told = self._told
        if not told.call or not (told.state or told.answered):
            raise WireError("a callback without a call, or that reports nothing of it")
        kind = "call" if told.state else "machine"
        return Callback(
            kind=kind,
            call_id=told.call,
            account_id=told.account,
            status=STATES.get(told.state, told.state) or told.answered,
            reason=told.why,
            dedup_key=f"{kind}:{told.call}:{told.number}",
            sequence=told.number if told.state else None,
            at=told.at if told.at is not None and told.at.tzinfo else None,
            answered_by=told.answered,
            answerer=_ANSWERERS.get(told.answered, "machine"),
            duration_s=told.seconds,
        )

    def signed(self, host: str, keys: SigningKeys) -> bool:
        request = self.request
        url, claimed = request.url(host), request.headers.get(SIGNATURE_HEADER, "")
        return _any_signed(request.method, url, request.body, claimed, keys)


class LoopbackWebhooks:
    """The `Webhooks` of the loopback carrier."""

    signature_header: ClassVar[str] = SIGNATURE_HEADER
    reports_streams: ClassVar[bool] = False

    def read(self, request: CarrierRequest) -> LoopbackWebhook:
        return LoopbackWebhook(request)

    def keys(self, headers: Mapping[str, str], secrets: Sequence[Mapping[str, str]]) -> SigningKeys:
        del headers
        return SigningKeys(tuple(each.get("token", "") for each in secrets))

    def handshake_signed(self, url: str, headers: Mapping[str, str], keys: SigningKeys) -> bool:
        return _any_signed("GET", url, b"", headers.get(SIGNATURE_HEADER, ""), keys)

    def trial(self, url: str, secret: Mapping[str, str]) -> SignedPost:
        body = msgspec.json.encode({"account": secret["account"], "call": "none", "state": "ended"})
        headers = {SIGNATURE_HEADER: sign("POST", url, body, secret["token"])}
        return SignedPost(headers | {"content-type": "application/json"}, body)


def _any_signed(method: str, url: str, body: bytes, claimed: str, keys: SigningKeys) -> bool:
    """Compares with every key, each in constant time."""
    same = [
        hmac.compare_digest(sign(method, url, body, token).encode(), claimed.encode())
        for token in keys.tokens
        if token  # an empty secret is everyone's secret
    ]
    return any(same)
