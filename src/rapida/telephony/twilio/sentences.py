"""Twilio's errors, in words that say what to do. https://www.twilio.com/docs/api/errors"""

from __future__ import annotations

from typing import Final

NAME: Final = "twilio"
"""What this carrier is called in the catalogue, in addresses and in errors."""
UNPROVED: Final = 20003
"""Twilio's error for a request whose credentials are wrong."""
CALL_IS_OVER: Final = 21220
"""Twilio's error for a change to a call that is not in progress."""
NOT_FOUND: Final = 20404
"""Twilio's error for a resource that it does not have."""
SLOW_DOWN: Final = frozenset({429, 20429})
"""What says that the account asks too often: the HTTP status, or the code."""

SENTENCES: Final[dict[int, str]] = {
    10001: "the account is not active: see its status in the Twilio Console",
    10002: "a trial account cannot do this: upgrade it in the Twilio Console",
    10004: "the account's limit of calls at one time is reached: wait, or ask Twilio to raise it",
    13224: "the number cannot be called: check it, and write it as +, country code and number",
    13227: "calls to that country are not enabled: allow it under Voice geographic permissions",
    20003: "the Account SID and Auth Token do not fit, or the account is suspended: check the credential",
    20404: "Twilio knows no such call in this account: it may belong to another account or region",
    20429: "too many requests: wait a little",
    21201: "the number to call is missing",
    21205: "an address in the request is no URL Twilio can reach: check PUBLIC_ASSISTANT_HOST",
    21210: "the calling number is not this account's: use one of its numbers or verify it as a caller id",
    21211: "the number to call is not valid: write it as +, country code and number",
    21212: "the calling number is not valid: write it as +, country code and number",
    21214: "the number to call cannot be reached",
    21215: "calls to that country are not enabled: allow it under Voice geographic permissions",
    21216: "Twilio blocks calls to that number",
    21219: "a trial account calls verified numbers only: verify the number or upgrade the account",
    21220: "the call is not in progress any more",
    21422: "the number is not for sale any more: search again",
    21606: "the calling number cannot make voice calls: use another one",
    22005: "more than a day of calls is waiting in the account's queue: dial later",
    32203: "the trunk refuses the call: check the trunk's settings",
    32205: "the trunk may not call that country: allow it under the trunk's geographic permissions",
    573005: "the number's verification is still pending: finish it in the Twilio Console",
}
