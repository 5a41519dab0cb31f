"""The REST side: an HTTP server on loopback that answers as api.twilio.com does, for one account.

It checks the credentials, finds the resource and speaks JSON; accounts decide, callees talk. Point
`RAPIDA_TWILIO_API_URL` (or any client's base address) at `RestSide.url`.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import contextlib
import secrets
import socket
from collections.abc import Awaitable, Callable, Generator, Mapping, Sequence
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Self

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from .account import AccountCalls, Number, PlacedCall
from .callee import Callee
from .chaos import Chaos
from .dial_form import Form, Refused, not_found, one
from .for_sale import PRICES, STOCK, for_sale_json, prices_json
from .line import silent_note
from .network import Account, Network
from .report import CallReport
from .resources import (
    EXCLUDED,
    NUMBER_SETTINGS,
    VERSION,
    account_json,
    call_json,
    error_json,
    number_json,
    page_json,
)
from .running import Note
from .sounds import Speak

Handler = Callable[[Request], Awaitable[Response]]


class RestSide:
    """Twilio's API for one account, between `async with` and its end; running calls are then hung up.

    `throttled` requests are answered 429 (20429) before the next is served. `port` 0 = a free one.
    """

    def __init__(
        self,
        account: Account,
        *,
        connect: str | None = None,
        callees: Mapping[str, Callee] | None = None,
        anyone: Callee | None = None,
        numbers: Sequence[str] = (),
        calls_per_second: float = 1.0,
        chaos: Chaos | None = None,
        speak: Speak | None = None,
        note: Note = silent_note,
        port: int = 0,
    ) -> None:
        self.account = account
        self.throttled = 0
        self.for_sale = list(STOCK)
        self._network = Network(account, connect)
        self.account_calls = AccountCalls(
            account,
            self._network,
            callees=callees or {},
            anyone=anyone or Callee(),
            numbers=numbers,
            calls_per_second=calls_per_second,
            chaos=chaos,
            speak=speak,
            note=note,
        )
        self._port = port

    @property
    def url(self) -> str:
        """What stands in for https://api.twilio.com."""
        return f"http://127.0.0.1:{self._port}"

    async def ended(self, call_sid: str) -> CallReport:
        """Wait for a placed call's end."""
        return await self.account_calls.ended(call_sid)

    async def __aenter__(self) -> Self:
        """Raises `ConfigurationError` for a script that cannot be performed, `OSError` for a taken port."""
        await self.account_calls.open()
        self._listener = _listen(self._port)
        self._port = self._listener.getsockname()[1]
        app = Starlette(routes=self._routes(), exception_handlers={404: self._nowhere})
        config = uvicorn.Config(app, ws="none", log_config=None, access_log=False, lifespan="off")
        self._server = _Server(config)
        self._serving = asyncio.create_task(self._server.serve(sockets=[self._listener]))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, raised: BaseException | None, where: TracebackType | None
    ) -> None:
        try:
            await self.account_calls.aclose()
        finally:
            self._server.should_exit = True
            await self._serving
            self._listener.close()
            await self._network.aclose()

    def _routes(self) -> list[Route]:
        root = f"/{VERSION}/Accounts/{{account}}"
        handlers: Mapping[tuple[str, str], Handler] = {
            ("GET", f"{root}.json"): self._get_account,
            ("POST", f"{root}/Calls.json"): self._create_call,
            ("GET", f"{root}/Calls.json"): self._list_calls,
            ("GET", f"{root}/Calls/{{sid}}.json"): self._get_call,
            ("POST", f"{root}/Calls/{{sid}}.json"): self._update_call,
            ("GET", f"{root}/IncomingPhoneNumbers.json"): self._list_numbers,
            ("POST", f"{root}/IncomingPhoneNumbers.json"): self._buy_number,
            ("GET", f"{root}/AvailablePhoneNumbers/{{country}}/{{type}}.json"): self._list_for_sale,
            ("GET", "/v1/PhoneNumbers/Countries/{country}"): self._get_prices,
            ("GET", f"{root}/IncomingPhoneNumbers/{{sid}}.json"): self._get_number,
            ("POST", f"{root}/IncomingPhoneNumbers/{{sid}}.json"): self._update_number,
        }
        return [
            Route(path, self._guarded(handler), methods=[method])
            for (method, path), handler in handlers.items()
        ]

    def _guarded(self, handler: Handler) -> Handler:
        async def guarded(request: Request) -> Response:
            try:
                self._admit(request)
                return await handler(request)
            except Refused as refused:
                headers = {"Retry-After": "1"} if refused.status == 429 else {}
                return JSONResponse(error_json(refused), refused.status, headers)

        return guarded

    async def _nowhere(self, request: Request, _: Exception) -> Response:
        return JSONResponse(error_json(not_found(request.url.path)), 404)

    def _admit(self, request: Request) -> None:
        if not self._is_ours(request.headers.get("authorization", "")):
            raise Refused(401, 20003, "Authenticate")
        if (asked := request.path_params.get("account", self.account.sid)) != self.account.sid:
            raise not_found(f"Accounts/{asked}")
        if self.throttled:
            self.throttled -= 1
            raise Refused(429, 20429, "Too Many Requests")

    def _is_ours(self, authorization: str) -> bool:
        scheme, _, written = authorization.partition(" ")
        try:
            given = base64.b64decode(written, validate=True)
        except binascii.Error:
            return False
        expected = f"{self.account.sid}:{self.account.token}".encode()
        return scheme.lower() == "basic" and secrets.compare_digest(given, expected)

    async def _get_account(self, request: Request) -> Response:
        return JSONResponse(account_json(self.account.sid))

    async def _create_call(self, request: Request) -> Response:
        call = self.account_calls.create(await _form(request))
        return JSONResponse(self._call(call), 201)

    async def _get_call(self, request: Request) -> Response:
        return JSONResponse(self._call(self.account_calls.find(request.path_params["sid"])))

    async def _update_call(self, request: Request) -> Response:
        call = self.account_calls.find(request.path_params["sid"])
        self.account_calls.update(call, await _form(request))
        return JSONResponse(self._call(call))

    async def _list_calls(self, request: Request) -> Response:
        query = dict(request.query_params)
        newest_first = sorted(
            self.account_calls.calls.values(), key=lambda call: call.created_at, reverse=True
        )
        found = [self._call(call) for call in newest_first if _matches(call, self._call(call), query)]
        return _page(request, "calls", found)

    async def _list_numbers(self, request: Request) -> Response:
        wanted = request.query_params.get("PhoneNumber", "").lstrip("+")
        found = [
            number_json(self.account.sid, number)
            for number in self.account_calls.numbers.values()
            if wanted in number.phone_number
        ]
        return _page(request, "incoming_phone_numbers", found)

    async def _get_number(self, request: Request) -> Response:
        sid = request.path_params["sid"]
        if sid not in self.account_calls.numbers:
            raise not_found(f"IncomingPhoneNumbers/{sid}.json")
        return JSONResponse(number_json(self.account.sid, self.account_calls.numbers[sid]))

    async def _update_number(self, request: Request) -> Response:
        number = self.account_calls.numbers.get(request.path_params["sid"])
        if number is not None:
            for key, values in (await _form(request)).items():
                if key in NUMBER_SETTINGS:
                    number.settings[NUMBER_SETTINGS[key]] = values[-1]
                if (other := EXCLUDED.get(key)) is not None:
                    number.settings[other] = ""
        return await self._get_number(request)

    async def _list_for_sale(self, request: Request) -> Response:
        place = (request.path_params["country"], request.path_params["type"])
        sold = [each for each in self.for_sale if (each.country, each.type) == place]
        if not sold:
            raise not_found(request.url.path)
        wanted = request.query_params.get("Contains", "")
        found = [for_sale_json(each) for each in sold if wanted in each.phone_number]
        return _page(request, "available_phone_numbers", found)

    async def _buy_number(self, request: Request) -> Response:
        wanted = one(await _form(request), "PhoneNumber")
        sold = next((each for each in self.for_sale if each.phone_number == wanted), None)
        if sold is None:
            raise Refused(400, 21422, f"{wanted} is not available")
        self.for_sale.remove(sold)
        number = Number(wanted)
        self.account_calls.numbers[number.sid] = number
        return JSONResponse(number_json(self.account.sid, number), 201)

    async def _get_prices(self, request: Request) -> Response:
        return JSONResponse(prices_json(request.path_params["country"], PRICES))

    def _call(self, call: PlacedCall) -> dict[str, Any]:
        return call_json(self.account.sid, call)


def _matches(call: PlacedCall, shown: Mapping[str, Any], query: Mapping[str, str]) -> bool:
    """Twilio's filters: To, From, Status, and the start's day or moment, before it, after it."""
    for key, name in (("To", "to"), ("From", "from"), ("Status", "status")):
        if key in query and shown[name] != query[key]:
            return False
    began_at = call.running.answered_at or call.created_at
    if (day := query.get("StartTime")) and _moment(day).date() != began_at.date():
        return False
    if (latest := query.get("StartTime<")) and began_at > _moment(latest):
        return False
    return not ((earliest := query.get("StartTime>")) and began_at < _moment(earliest))


def _moment(written: str) -> datetime:
    try:
        at = datetime.fromisoformat(written)
    except ValueError as wrong:
        raise Refused(400, 20001, f"Invalid StartTime: {written}") from wrong
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def _page(request: Request, key: str, found: list[dict[str, Any]]) -> Response:
    query = {name: value for name, value in request.query_params.items() if name not in ("Page", "PageSize")}
    page, size = (
        request.query_params.get(name, default) for name, default in (("Page", "0"), ("PageSize", "50"))
    )
    if not page.isdecimal() or not size.isdecimal() or not 1 <= int(size) <= 1000:
        raise Refused(400, 20001, "Page and PageSize must be numbers; PageSize is at most 1000")
    return JSONResponse(page_json(key, found, request.url.path, query, page=int(page), size=int(size)))


async def _form(request: Request) -> Form:
    form = await request.form()
    return {key: [str(value) for value in form.getlist(key)] for key in form}


def _listen(port: int) -> socket.socket:
    # The protocol is named, or asyncio leaves Nagle's algorithm on: 40 ms for each answer.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(("127.0.0.1", port))
    except OSError:
        listener.close()
        raise
    listener.listen()
    return listener


class _Server(uvicorn.Server):
    """Leaves the process's signals to whoever runs it."""

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None]:
        yield
