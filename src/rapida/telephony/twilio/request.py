"""One HTTP request of Twilio's: its fields, whose it is, and whether one of an account's keys signed it.

The signature's arithmetic and the reading of callbacks are in `webhook.py`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import ClassVar, Final
from urllib.parse import urlencode

from ..parties import carries
from ..webhooks import Callback, CarrierRequest, InboundCall, SignedPost, SigningKeys
from . import webhook

TOKENS: Final = ("account_token", "secondary_token")
"""The fields of a credential that prove without a word about which."""

NO_CALL: Final = "CA" + "0" * 32
"""A call that Twilio has never named."""


class TwilioWebhook:
    """A `Webhook`: a form POST, a GET with fields in its query, or a JSON POST whose URL holds its hash."""

    def __init__(self, request: CarrierRequest) -> None:
        self.request = request

    @property
    def is_form(self) -> bool:
        """Whether the fields are in the body, and therefore part of what is signed."""
        return self.request.method == "POST" and self._kind in ("", "application/x-www-form-urlencoded")

    @property
    def _kind(self) -> str:
        return self.request.headers.get("content-type", "").partition(";")[0].strip().lower()

    @cached_property
    def fields(self) -> dict[str, list[str]]:
        """Every field: a form's, else the query's and a JSON object's. Raises `WireError`.

        A field that decides who is meant and comes twice is refused, before anything is looked up.
        """
        if self.is_form:
            told = webhook.form_fields(self.request.body)
            webhook.refuse_doubles(told, self._query_fields)
            return told
        told = webhook.json_fields(self.request.body) if self._kind == "application/json" else {}
        webhook.refuse_doubles(told, self._query_fields)
        return self._query_fields | told

    @cached_property
    def _query_fields(self) -> dict[str, list[str]]:
        return webhook.form_fields(self.request.query.encode())

    def _get(self, name: str) -> str:
        return self.fields.get(name, [""])[0]

    @property
    def account_id(self) -> str:
        return self._get("AccountSid")

    @property
    def call_id(self) -> str:
        return self._get("CallSid")

    @property
    def call(self) -> InboundCall:
        return InboundCall(
            account_id=self.account_id,
            call_id=self.call_id,
            from_number=self._get("From"),
            to_number=self._get("To"),
            query={name: each[0] for name, each in self._query_fields.items() if not self._is_twilios(name)},
            carried={name: each[0] for name, each in self.fields.items() if carries(name)},
        )

    def _is_twilios(self, name: str) -> bool:
        """A POST brings Twilio's fields in its body; in a GET's query they begin with a capital."""
        return name == "bodySHA256" or (self.request.method == "GET" and name[:1].isupper())

    @property
    def callback(self) -> Callback:
        return webhook.read_callback(self.fields)

    def signed(self, host: str, keys: SigningKeys) -> bool:
        request, fields = self.request, self.fields if self.is_form else None
        body = request.body if request.method == "POST" and not self.is_form else None
        signature = request.headers.get(webhook.SIGNATURE_HEADER, "")
        algorithm = webhook.algorithm_named(keys.algorithm)
        return webhook.signed(request.url(host), fields, body, signature, keys.tokens, algorithm=algorithm)


class TwilioWebhooks:
    """The `Webhooks` of Twilio. https://www.twilio.com/docs/usage/security#validating-requests"""

    signature_header: ClassVar[str] = webhook.SIGNATURE_HEADER
    reports_streams: ClassVar[bool] = True

    def read(self, request: CarrierRequest) -> TwilioWebhook:
        return TwilioWebhook(request)

    def keys(self, headers: Mapping[str, str], secrets: Sequence[Mapping[str, str]]) -> SigningKeys:
        """Both auth tokens, or the pinned shared key if the request names it."""
        named = headers.get(webhook.SETTINGS_HEADER)
        if named is None:
            return SigningKeys(tuple(each.get(name, "") for each in secrets for name in TOKENS))
        for each in secrets:
            if (algorithm := webhook.algorithm_of(named, each.get("shared_key_id", ""))) is not None:
                return SigningKeys((each.get("shared_key_secret", ""),), algorithm)
        return SigningKeys()

    def handshake_signed(self, url: str, headers: Mapping[str, str], keys: SigningKeys) -> bool:
        """Tries each of the ways in which Twilio may have written the URL."""
        signature = headers.get(webhook.SIGNATURE_HEADER, "")
        algorithm = webhook.algorithm_named(keys.algorithm)
        forms = webhook.handshake_forms(url)
        return webhook.proved_form(forms, signature, keys.tokens, algorithm) is not None

    def trial(self, url: str, secret: Mapping[str, str]) -> SignedPost:
        """A form POST, signed with the auth token."""
        told = {"AccountSid": secret["account_sid"], "CallSid": NO_CALL, "CallStatus": "completed"}
        signature = webhook.sign(url, told, secret["account_token"])
        form = "application/x-www-form-urlencoded"
        headers = {webhook.SIGNATURE_HEADER: signature, "content-type": form}
        return SignedPost(headers, urlencode(told).encode())
