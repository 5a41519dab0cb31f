"""Twilio's REST representations: calls, numbers, the account, errors and pages, field by field.

What they say is the account's business; how they travel is `rest`'s.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from email.utils import format_datetime
from typing import Any
from urllib.parse import urlencode

from .account import Number, PlacedCall
from .dial_form import Refused

VERSION = "2010-04-01"

NUMBER_SETTINGS = {
    "VoiceUrl": "voice_url",
    "VoiceMethod": "voice_method",
    "VoiceFallbackUrl": "voice_fallback_url",
    "VoiceFallbackMethod": "voice_fallback_method",
    "StatusCallback": "status_callback",
    "StatusCallbackMethod": "status_callback_method",
    "VoiceApplicationSid": "voice_application_sid",
    "TrunkSid": "trunk_sid",
    "FriendlyName": "friendly_name",
}
"""A number's parameters that can be updated, and the fields that show them."""
EXCLUDED = {"VoiceApplicationSid": "trunk_sid", "TrunkSid": "voice_application_sid"}
"""Parameters that delete another field whenever they are sent."""


def call_json(account_sid: str, call: PlacedCall) -> dict[str, Any]:
    """One call. Its price comes late at Twilio; here never."""
    report, running = call.report, call.running
    base = f"/{VERSION}/Accounts/{account_sid}/Calls/{report.call_sid}"
    # The REST API has no status "initiated": until it rings a call is queued.
    status = "queued" if report.status == "initiated" else report.status
    return {
        "sid": report.call_sid,
        "account_sid": account_sid,
        "api_version": VERSION,
        "direction": report.direction,
        "from": report.from_number,
        "from_formatted": report.from_number,
        "to": report.to_number,
        "to_formatted": report.to_number,
        "status": status,
        "answered_by": report.answered_by or None,
        "date_created": _date(call.created_at),
        "date_updated": _date(call.ended_at or call.created_at),
        "start_time": _date(running.answered_at),
        "end_time": _date(call.ended_at),
        "duration": str(running.duration_s) if call.ended_at else None,
        "queue_time": "0",
        "price": None,
        "price_unit": "USD",
        "parent_call_sid": None,
        "phone_number_sid": "",
        "caller_name": None,
        "forwarded_from": None,
        "group_sid": None,
        "trunk_sid": None,
        "annotation": None,
        "uri": f"{base}.json",
        "subresource_uris": {
            name: f"{base}/{path}.json"
            for name, path in {
                "notifications": "Notifications",
                "recordings": "Recordings",
                "streams": "Streams",
                "transcriptions": "Transcriptions",
                "events": "Events",
            }.items()
        },
    }


def number_json(account_sid: str, number: Number) -> dict[str, Any]:
    """One incoming phone number."""
    defaults = {field: "POST" if field.endswith("_method") else "" for field in NUMBER_SETTINGS.values()}
    return {
        "sid": number.sid,
        "account_sid": account_sid,
        "api_version": VERSION,
        "phone_number": number.phone_number,
        "capabilities": {"voice": True, "sms": False, "mms": False, "fax": False},
        **defaults,
        "friendly_name": number.phone_number,
        **number.settings,
        "uri": f"/{VERSION}/Accounts/{account_sid}/IncomingPhoneNumbers/{number.sid}.json",
    }


def account_json(account_sid: str) -> dict[str, Any]:
    return {
        "sid": account_sid,
        "friendly_name": "The simulated phone's account",
        "status": "active",
        "type": "Full",
        "uri": f"/{VERSION}/Accounts/{account_sid}.json",
    }


def error_json(refused: Refused) -> dict[str, Any]:
    return {
        "code": refused.code,
        "message": refused.message,
        "more_info": f"https://www.twilio.com/docs/errors/{refused.code}",
        "status": refused.status,
    }


def page_json(
    key: str, found: Sequence[dict[str, Any]], path: str, query: dict[str, str], *, page: int, size: int
) -> dict[str, Any]:
    """One page of a list, with the way to the next."""

    def uri(number: int) -> str:
        return f"{path}?{urlencode({**query, 'PageSize': size, 'Page': number})}"

    shown = found[page * size : (page + 1) * size]
    return {
        key: shown,
        "page": page,
        "page_size": size,
        "start": page * size,
        "end": page * size + max(len(shown) - 1, 0),
        "uri": uri(page),
        "first_page_uri": uri(0),
        "previous_page_uri": uri(page - 1) if page else None,
        "next_page_uri": uri(page + 1) if (page + 1) * size < len(found) else None,
    }


def _date(at: datetime | None) -> str | None:
    return format_datetime(at) if at else None
