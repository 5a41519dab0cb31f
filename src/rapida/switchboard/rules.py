"""Whom an assistant may call: numbers a carrier can dial, in the countries allowed, at no premium.

A stolen key calls numbers that pay the thief. So by default only the country of the assistant's own number is
allowed, told by region and not by prefix (+1 spans the Caribbean), and numbers that cost extra never are. The
numbering plans are `phonenumbers`' (https://github.com/daviddrysdale/python-phonenumbers).
"""

from __future__ import annotations

from collections.abc import Collection

import phonenumbers
from phonenumbers import PhoneNumber, PhoneNumberFormat, PhoneNumberType

from ..errors import InvalidField

NEVER = {
    PhoneNumberType.PREMIUM_RATE: "a premium-rate number",
    PhoneNumberType.SHARED_COST: "a shared-cost number",
    # Britain's 070 and its like pay the called party.
    PhoneNumberType.PERSONAL_NUMBER: "a personal number, at a rate its owner chooses,",
    PhoneNumberType.PAGER: "a pager",
    PhoneNumberType.VOICEMAIL: "a voice mailbox's own number",
}
NO_COUNTRY = frozenset({None, "ZZ", "001"})
"""Regions of numbers that belong to no country: satellites, international networks and premium services."""


class NotDiallable(InvalidField):
    """A number that cannot, or must not, be dialled; the message says why and what would be."""


def check(
    to_number: str, from_number: str, countries: Collection[str] = (), home: str = ""
) -> tuple[str, str]:
    """Both numbers in E.164. `countries` are ISO 3166 codes; none = that of `home`, else of `from_number`.

    `home` is the assistant's own number: whoever asks for a call may name another one to call from, but not
    another country to call. Raises `NotDiallable`.
    """
    own = _parsed("fromNumber", from_number)
    callee = _parsed("toNumber", to_number)
    shown = phonenumbers.format_number(callee, PhoneNumberFormat.E164)
    region = phonenumbers.region_code_for_number(callee)
    if region in NO_COUNTRY:
        raise NotDiallable("toNumber", f"{shown} is in no country's network and is never dialled")
    if (what := NEVER.get(phonenumbers.number_type(callee))) is not None:
        raise NotDiallable("toNumber", f"{shown} is {what} and is never dialled")
    allowed = set(countries) or {_region(home) if home else phonenumbers.region_code_for_number(own)}
    if region not in allowed:
        listed = ", ".join(sorted(filter(None, allowed))) or "none"
        raise NotDiallable(
            "toNumber",
            f"{shown} is in {region}, and this assistant may call {listed} only; "
            "list further countries under `countries` of its phone deployment",
        )
    return shown, phonenumbers.format_number(own, PhoneNumberFormat.E164)


def check_caller_id(number: str) -> None:
    """Whether a number can be shown to the callee. Raises `NotDiallable`; whose it is, the carrier knows."""
    _parsed("options.callerId", number)


def _region(number: str) -> str | None:
    try:
        return phonenumbers.region_code_for_number(phonenumbers.parse(number, None))
    except phonenumbers.NumberParseException:
        return None


def _parsed(field: str, written: str) -> PhoneNumber:
    if not written.startswith("+"):
        raise NotDiallable(field, "write the number as +, country code and number, such as +14155550100")
    try:
        number = phonenumbers.parse(written, None)
    except phonenumbers.NumberParseException:
        raise NotDiallable(field, f"{written[:32]!r} is no telephone number") from None
    if not phonenumbers.is_valid_number(number):
        raise NotDiallable(field, f"{written[:32]!r} is no number that anybody can have in its country")
    if number.extension:
        raise NotDiallable(field, "leave the extension out; the assistant can send it as keys")
    return number
