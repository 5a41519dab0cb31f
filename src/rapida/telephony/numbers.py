"""Whom an assistant may call: numbers a carrier can dial, in the countries allowed, at no premium.

A stolen key calls numbers that pay the thief. So by default only the country of the assistant's own number is
allowed, told by region and not by prefix (+1 spans the Caribbean), and numbers that cost extra never are. The
numbering plans are `phonenumbers`' (https://github.com/daviddrysdale/python-phonenumbers).
"""

from __future__ import annotations

import re
from collections.abc import Collection

import phonenumbers
from phonenumbers import PhoneNumber, PhoneNumberFormat, PhoneNumberType

from ..errors import InvalidField, refuse
from .parties import stray

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


UNREADABLE = "write the number as +, country code and number, such as +14155550100"


class NotDiallable(InvalidField):
    """A number that cannot, or must not, be dialled; the message says why and what would be."""


def check(
    to_number: str, from_number: str, countries: Collection[str] = (), home: str = ""
) -> tuple[str, str]:
    """Both numbers in E.164. `countries` are ISO 3166 codes; none = that of `home`, else of `from_number`.

    `home` is the assistant's own number: whoever asks for a call may name another one to call from, but not
    another country to call. Raises `NotDiallable`, or `InvalidFields` for both.
    """
    wrong = list[InvalidField]()
    own = _parsed("fromNumber", from_number, wrong, own=True)
    callee = _parsed("toNumber", to_number, wrong)
    if own is None or callee is None:
        refuse(wrong)
        raise AssertionError("what is no number is wrong")
    shown = phonenumbers.format_number(callee, PhoneNumberFormat.E164)
    region = phonenumbers.region_code_for_number(callee)
    if region in NO_COUNTRY:
        raise NotDiallable("toNumber", f"{shown} is in no country's network and is never dialled")
    if (what := NEVER.get(phonenumbers.number_type(callee))) is not None:
        raise NotDiallable("toNumber", f"{shown} is {what} and is never dialled")
    allowed = set(countries) or {_home_region(home, own)}
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
    wrong = list[InvalidField]()
    _parsed("options.callerId", number, wrong, own=True)
    refuse(wrong)


def problem_of_own(number: str) -> str:
    """What is wrong with a number that calls are to go out from; empty = nothing that we can know."""
    if not re.fullmatch(r"\+[1-9][0-9]*", number):
        return stray(number) or UNREADABLE
    wrong = list[InvalidField]()
    _parsed("", number, wrong, own=True)
    return wrong[0].problem if wrong else ""


def _home_region(home: str, own: PhoneNumber) -> str | None:
    """The country of the assistant's own number, else of the one it calls from."""
    try:
        number = phonenumbers.parse(home, None) if home else own
    except phonenumbers.NumberParseException:
        return None
    if not _has_all_digits(number):
        return None
    # Of a number in no range that is given out, only the country code tells.
    region = phonenumbers.region_code_for_number(number)
    return region or phonenumbers.region_code_for_country_code(number.country_code or 0)


def _has_all_digits(number: PhoneNumber) -> bool:
    """Whether it is as long as a whole number of its country; a local one, without its area, is not."""
    found = phonenumbers.is_possible_number_with_reason(number)
    return found == phonenumbers.ValidationResult.IS_POSSIBLE


def _parsed(field: str, written: str, wrong: list[InvalidField], *, own: bool = False) -> PhoneNumber | None:
    """A number, or None and what is wrong with it.

    Of our own numbers the carrier knows best whether they exist: new ranges, and those for trying things out,
    are in no numbering plan yet. One to be called must be in one: its country and its price must be known.
    """
    if problem := stray(written) or ("" if written.startswith("+") else UNREADABLE):
        wrong.append(NotDiallable(field, problem))
        return None
    try:
        number = phonenumbers.parse(written, None)
    except phonenumbers.NumberParseException:
        wrong.append(NotDiallable(field, f"{written[:32]!r} is no telephone number"))
        return None
    if not _has_all_digits(number):
        wrong.append(NotDiallable(field, f"{written[:32]!r} has not as many digits as its country's numbers"))
        return None
    if not own and not phonenumbers.is_valid_number(number):
        problem = (
            f"{written[:32]!r} is in no range that is given out in its country (films and examples use such "
            "numbers), so that neither its place nor its price is known: name one that somebody can have"
        )
        wrong.append(NotDiallable(field, problem))
        return None
    if number.extension:
        keys = f"options.sendDigits 'ww{number.extension}'"
        wrong.append(NotDiallable(field, f"leave the extension out and have it sent: {keys}"))
        return None
    return number
