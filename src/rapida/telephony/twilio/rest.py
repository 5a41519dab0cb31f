"""Twilio's REST interface: place, end, hand over and look up calls with Twilio's own client library.

It decides what an error means and what a person should do about it; when to call and what to do next is the
switchboard's. The library costs 0.3 s and 37 MB, so it is loaded, in a thread, at the first request.
Resource: https://www.twilio.com/docs/voice/api/call-resource
"""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Awaitable
from datetime import datetime
from importlib import import_module
from typing import Annotated, Any, ClassVar, Final, TypeVar

from msgspec import Meta, Struct

from ...errors import ProviderRefused, ProviderUnavailable
from ..account_numbers import AccountNumbers
from ..carrier import AccountCheck, Dial, NoSuchCall, PlacedCall
from ..documents import Documents
from . import account, credential, twiml
from .credential import TwilioCredential
from .incoming_numbers import TwilioNumbers
from .media import MediaStreams
from .request import TwilioWebhooks
from .sentences import CALL_IS_OVER, NAME, NOT_FOUND, SENTENCES, SLOW_DOWN

STATUS_EVENTS: Final = ("initiated", "ringing", "answered", "completed")
LOOKED_THROUGH: Final = 200
"""The newest calls between two numbers that are looked at."""
MOST_TOLD: Final = 300
"""How many characters of a message that we have no sentence for are repeated."""

PLACED: Final = "the call may have been placed: look before dialling again"

_DETECTIONS: Final = {"fast": "Enable", "greeting_end": "DetectMessageEnd"}


class TwilioRefused(ProviderRefused):
    """Twilio will refuse again. `code` is Twilio's error code, else the HTTP status."""

    def __init__(self, message: str, code: int) -> None:
        super().__init__(NAME, message)
        self.code = code


class TwilioKnowsNoCall(TwilioRefused, NoSuchCall):
    """The account has no such call, or has it in another region."""


class TwilioUnavailable(ProviderUnavailable):
    """Twilio is away, slow or overloaded; `code` is 0 when it did not answer at all.

    `retryable` is False when it may have done what it was asked: a call may be ringing.
    """

    def __init__(self, message: str, code: int = 0, *, retryable: bool = True) -> None:
        super().__init__(NAME, message)
        self.code = code
        self.retryable = retryable
        self.slow_down = code in SLOW_DOWN


class TwilioOptions(Struct, frozen=True):
    """How to reach Twilio."""

    api_url: Annotated[str, Meta(pattern=r"^https?://[^\s/?#@]+(/[^\s?#]*)?$")] = "https://api.twilio.com"
    """Everything before `/2010-04-01`; a proxy may have a path, and tests a local double."""
    timeout_s: Annotated[float, Meta(gt=0, le=60)] = 10.0
    """The longest a request may take, connection and answer together."""
    guarded: bool = False
    """Whether a user named the host: then it must be public."""


T = TypeVar("T")


class Twilio:
    """A `Carrier`. Make it on the event loop that uses it."""

    Options = TwilioOptions
    Credential = TwilioCredential
    account_field: ClassVar[str] = "account_sid"
    webhooks: ClassVar[TwilioWebhooks] = TwilioWebhooks()
    documents: ClassVar[Documents] = Documents(twiml.CONTENT_TYPE, twiml.connect, twiml.refuse)
    account_check: ClassVar[AccountCheck] = account.CHECK
    codec = staticmethod(MediaStreams)
    made_up_credential = staticmethod(credential.made_up)

    def __init__(self, options: TwilioOptions, credential: TwilioCredential) -> None:
        self._options = options
        self._credential = credential
        self._loading = asyncio.Lock()
        self._http: Any = None
        self._client: Any = None
        self._numbers = TwilioNumbers(self._loaded, self._ask)

    async def ready(self) -> None:
        """Load the library now."""
        await self._loaded()

    async def dial(self, order: Dial) -> PlacedCall:
        """Place a call with TwiML of its own.

        Raises `TwilioRefused` or `TwilioUnavailable`; a request that was sent and not answered may have
        placed the call (Twilio knows no idempotency key here), so that one says `retryable` False.
        """
        details: dict[str, Any] = {
            "to": order.to_number,
            "from_": order.from_number,
            "twiml": order.document,
            "status_callback": order.status_url,
            "status_callback_event": list(STATUS_EVENTS),
            "timeout": order.ring_s,
        }
        if order.detect_machine != "no":
            details |= {
                "machine_detection": _DETECTIONS[order.detect_machine],
                # Without it Twilio keeps the callee waiting in silence until it has decided.
                "async_amd": "true",
                "async_amd_status_callback": order.status_url,
            }
        if order.send_digits:
            details["send_digits"] = order.send_digits
        if order.time_limit_s:
            details["time_limit"] = order.time_limit_s
        if order.caller_id:
            details["caller_id"] = order.caller_id
        calls = await self._calls()
        return _placed(await self._ask(calls.create_async(**details), once=PLACED))

    async def complete(self, call_id: str) -> None:
        """End a call, in whatever state it is. Raises `TwilioRefused` or `TwilioUnavailable`."""
        calls = await self._calls()
        try:
            await self._ask(calls(call_id).update_async(status="completed"))
        except TwilioRefused as refused:
            if refused.code != CALL_IS_OVER:
                raise

    async def transfer(self, call_id: str, to: str, caller_id: str) -> None:
        """Give a call a new document that dials `to`; its stream ends at once."""
        calls = await self._calls()
        document = twiml.transfer(to, caller_id)
        await self._ask(calls(call_id).update_async(twiml=document))

    async def say(self, call_id: str, sentence: str, language: str = "") -> None:
        """Give a call a new document that says one sentence and hangs up; its stream ends at once."""
        calls = await self._calls()
        await self._ask(calls(call_id).update_async(twiml=twiml.refuse(sentence, language)))

    async def fetch(self, call_id: str) -> PlacedCall:
        """Look a call up; Twilio's answer may lag behind its callbacks."""
        calls = await self._calls()
        return _placed(await self._ask(calls(call_id).fetch_async()))

    async def placed_since(self, to_number: str, from_number: str, since: datetime) -> list[PlacedCall]:
        """Calls between two numbers that were placed by REST since then, newest first.

        Twilio cannot filter by the moment of creation, so the newest are read until one is older. Raises
        `TwilioUnavailable` when there are more than `LOOKED_THROUGH` of them: then nobody can tell.
        """
        calls = await self._calls()
        # The stream of pages would be read on and on; a busy pair of numbers has thousands of calls.
        page = await self._ask(calls.page_async(to=to_number, from_=from_number, page_size=LOOKED_THROUGH))
        try:
            found = [_placed(each) for each in page]
        except AttributeError as odd:
            raise _NotUnderstood(retryable=True) from odd
        young = [each for each in found if each.created_at is None or each.created_at >= since]
        if len(young) >= LOOKED_THROUGH:
            raise TwilioUnavailable(f"there are more than {LOOKED_THROUGH} calls between these numbers")
        return [each for each in young if each.direction == "outbound-api"]

    def numbers(self) -> AccountNumbers:
        """The numbers that the account has bought or brought along."""
        return self._numbers

    async def aclose(self) -> None:
        """Close the connections. The object can be used again."""
        http, self._http, self._client = self._http, None, None
        if http is not None:
            await http.close()

    async def _calls(self) -> Any:
        return (await self._loaded()).api.v2010.account.calls

    async def _loaded(self) -> Any:
        """The library's client."""
        async with self._loading:
            if self._client is None:
                client_class, http_class = await asyncio.to_thread(_import_library)
                self._http = http_class(pool_connections=False)
                options = self._options
                self._http.aim(options.api_url, options.timeout_s, guarded=options.guarded)
                self._client = client_class(
                    self._credential.account_sid, self._credential.account_token, http_client=self._http
                )
            return self._client

    async def _ask(self, request: Awaitable[T], *, once: str = "") -> T:
        """Await a request and turn what the library raises into our errors.

        `once`: what a request that must not be repeated may have done when it is not answered.
        """
        from aiohttp import ClientError  # noqa: PLC0415  # loaded with the library
        from twilio.base.exceptions import TwilioException  # noqa: PLC0415

        from .client import NotConnected  # noqa: PLC0415

        repeatable = not once
        try:
            return await request
        except TwilioException as error:
            # Without its cause: the library's text repeats the request's address.
            raise _error(_refusal(error), repeatable, self._credential) from None
        except NotConnected:
            raise TwilioUnavailable(f"{self._options.api_url} cannot be reached") from None
        except (TimeoutError, ClientError, ValueError) as error:
            unclear = f"; {once}" if once else ""
            what = "did not answer in time" if isinstance(error, TimeoutError) else "broke off its answer"
            raise TwilioUnavailable(f"Twilio {what}{unclear}", retryable=repeatable) from error
        except (AttributeError, TypeError) as odd:  # JSON that is no object, which the library takes for one
            raise _NotUnderstood(retryable=repeatable) from odd


class _NotUnderstood(TwilioUnavailable):
    def __init__(self, *, retryable: bool) -> None:
        super().__init__("Twilio's answer cannot be understood", retryable=retryable)


def _refusal(error: Any) -> Any:
    """An error with a status and a code, if there was any: a list's pages only carry the answer along."""
    from twilio.base.version import Version  # noqa: PLC0415  # loaded with the library
    from twilio.http.response import Response  # noqa: PLC0415

    answer = next((each for each in error.args if isinstance(each, Response)), None)
    return error if answer is None else Version.exception("GET", "", answer, "the list was refused")


def _error(error: Any, repeatable: bool, credential: TwilioCredential) -> TwilioRefused | TwilioUnavailable:
    status = getattr(error, "status", None)
    if not isinstance(status, int):
        return _NotUnderstood(retryable=repeatable)
    code = error.code if isinstance(error.code, int) and error.code else status
    told = getattr(error, "msg", "") or getattr(error, "detail", "") or "the request was refused"
    known = SENTENCES.get(code) or credential.redacted(str(told))[:MOST_TOLD]
    message = f"{known} (Twilio error {code})"
    if status == 429:
        return TwilioUnavailable(message, code)
    if status >= 500:
        return TwilioUnavailable(message, code, retryable=repeatable)
    return (TwilioKnowsNoCall if code == NOT_FOUND else TwilioRefused)(message, code)


def _placed(call: Any) -> PlacedCall:
    duration = str(call.duration or "")
    if not call.sid:
        raise TwilioUnavailable("Twilio's answer names no call", retryable=False)
    return PlacedCall(
        call_id=str(call.sid),
        status=str(call.status),
        direction=str(call.direction or ""),
        from_number=str(call._from or ""),
        to_number=str(call.to or ""),
        duration_s=int(duration) if duration.isdecimal() else None,
        answered_by=str(call.answered_by or ""),
        created_at=call.date_created,
    )


def _import_library() -> tuple[Any, Any]:
    """Twilio's client, and its HTTP client as we need it. Slow; runs in a thread."""
    import_module("twilio.rest.api.v2010.account.call")
    classes = import_module("twilio.rest").Client, import_module(".client", __package__).HttpClient
    gc.freeze()  # it is here to stay, and large enough to make each look of the collector a stall
    return classes
