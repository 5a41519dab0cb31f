"""Whom an assistant may call: well-formed numbers, by country and not by prefix, and never at a premium."""

from __future__ import annotations

import pytest

from rapida.errors import InvalidField
from rapida.telephony.numbers import NotDiallable, check, check_caller_id, problem_of_own

OURS = "+14155550100"


def test_a_number_of_the_own_country_may_be_called() -> None:
    assert check("+1 (212) 555-0100", OURS) == ("+12125550100", OURS)
    assert check("+44 20 7183 8750", "+442071838751") == ("+442071838750", "+442071838751")


@pytest.mark.parametrize(
    ("number", "why"),
    [
        ("4155550132", "country code"),
        ("tel:+14155550132", "country code"),
        ("+1", "no telephone number"),
        ("\u200b+12125550100", r"before the number: U\+200B"),
        ("+12125550100\u202c", r"after the number: U\+202C"),
        (" +12125550100", r"before the number: U\+0020"),
        ("sip:bob@example.org", "country code"),
        ("+15550002", "not as many digits"),
        ("+1415555013299999", "not as many digits"),
        ("+15551234567", "films and examples"),
        ("+447700900123", "films and examples"),
        ("+14155550132;ext=12", "extension out.*options.sendDigits 'ww12'"),
        ("+14155550132 ext. 5", "options.sendDigits 'ww5'"),
        ("+14155550132,,5", "options.sendDigits 'ww5'"),
        ("+19005551234", "premium"),
        ("+881612345678", "no country"),
        ("+447012345678", "country|personal|US"),
    ],
)
def test_what_is_no_number_or_costs_extra_is_refused_with_the_reason(number: str, why: str) -> None:
    with pytest.raises(NotDiallable, match=why) as refused:
        check(number, OURS, countries=("US", "GB"))
    assert refused.value.field == "toNumber"


def test_the_caribbean_is_not_the_united_states_though_it_shares_their_prefix() -> None:
    jamaica = "+18765551234"
    with pytest.raises(NotDiallable, match="is in JM, and this assistant may call US only"):
        check(jamaica, OURS)
    assert check(jamaica, OURS, countries=("JM",))[0] == jamaica


def test_listing_countries_replaces_the_own_one() -> None:
    with pytest.raises(NotDiallable, match="may call DE, GB only"):
        check("+12125550100", OURS, countries=("GB", "DE"))


def test_the_own_country_is_that_of_the_own_number_whatever_is_called_from() -> None:
    british = "+442071838750"
    assert check("+12125550100", british, home=OURS) == ("+12125550100", british)
    for home, allowed in ((OURS, "US"), ("+15550002", "none"), ("nonsense", "none")):
        with pytest.raises(NotDiallable, match=f"is in GB, and this assistant may call {allowed} only"):
            check("+442071838751", british, home=home)


def test_the_calling_number_is_checked_too() -> None:
    with pytest.raises(NotDiallable, match="fromNumber") as refused:
        check("+12125550100", "12345")
    assert refused.value.field == "fromNumber"


@pytest.mark.parametrize("number", ["+15551234567", "+447700900123", "+15005550006", OURS])
def test_of_our_own_numbers_the_carrier_knows_whether_they_exist(number: str) -> None:
    assert problem_of_own(number) == ""
    check_caller_id(number)
    home = "+442071838750" if number.startswith("+44") else OURS
    assert check(home, number) == (home, number)


@pytest.mark.parametrize("number", ["+15550100", "4155550100", "+1 415 555 0100", "+0", "+1415555010099999"])
def test_what_is_no_number_is_none_of_ours_either(number: str) -> None:
    assert problem_of_own(number)


def test_both_numbers_are_looked_at_before_either_is_refused() -> None:
    with pytest.raises(InvalidField) as wrong:
        check("+15551234567", "4155550100")
    assert {each.field for each in wrong.value.all} == {"toNumber", "fromNumber"}
