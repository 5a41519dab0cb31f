"""Refusals of vendors: the reason wherever it stands, what to do about it, and never the secret."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from rapida.errors import ConfigurationError, ProviderRefused, ProviderUnavailable
from rapida.providers.http import (
    OVERLOADED_WAIT_S,
    Problem,
    broken_off,
    problem,
    problem_of_header,
    refusal,
    sendable,
    wait_s,
)
from rapida.providers.line_streams import parse

REASON = "roles must alternate"
ADVICE = {401: "put a valid key"}
KEY = "do-not-show-me"


@pytest.mark.parametrize(
    ("body", "codes"),
    [
        (b'{"error": {"message": "roles must alternate", "code": "bad", "type": "t"}}', ("bad", "t")),
        (b'{"error": "roles must alternate"}', ()),
        (b'{"error": ["roles must alternate", "and more"]}', ()),
        (b'{"object": "error", "message": "roles must alternate", "code": 400}', ("400",)),
        (b'{"detail": "roles must alternate"}', ()),
        (b'{"detail": {"status": "no", "message": "roles must alternate"}}', ("no",)),
        (
            b'[{"error": {"code": 400, "message": "roles must alternate", "status": "INVALID"}}]',
            ("400", "INVALID"),
        ),
        (b'{"errors": [{"title": "roles must alternate"}]}', ()),
        (b'{"err_code": "X", "err_msg": "roles must alternate"}', ("X",)),
        (b'{"error": null, "message": "roles must alternate"}', ()),
        (b'{"error": {"error": {"error": {"message": "roles must alternate"}}}}', ()),
        (b"roles must\n alternate\x00", ()),
    ],
)
def test_the_reason_is_found_where_vendors_put_it(body: bytes, codes: tuple[str, ...]):
    assert problem(body) == Problem(codes, REASON)


def test_a_fault_in_the_request_is_named_with_its_place():
    body = b'{"detail": [{"loc": ["body", "messages", 0], "msg": "field required", "type": "missing"}]}'
    assert problem(body).reason == "body.messages.0: field required"


@pytest.mark.parametrize(
    "body", [b"", b"{}", b"[]", b"null", b"7", b"<html>502</html>", b"[" * 5000, b'{"error": {}}']
)
def test_a_body_that_says_nothing_is_no_trouble(body: bytes):
    assert problem(body).reason in ("", "[" * 300)


def test_a_long_reason_is_cut():
    assert len(problem({"error": "x" * 5000}).reason) == 300


@pytest.mark.parametrize(
    ("status", "kind", "told"),
    [
        (400, ProviderRefused, f"HTTP 400): {REASON} … here"),
        (401, ProviderRefused, "put a valid key"),
        (302, ProviderRefused, "redirection"),
        (429, ProviderUnavailable, f"HTTP 429): {REASON}"),
        (503, ProviderUnavailable, "HTTP 503"),
    ],
)
def test_a_status_is_one_of_our_two_errors_with_the_reason_and_without_the_secret(
    status: int, kind: type[Exception], told: str
):
    wrong = refusal("vendor", status, Problem((), f"{REASON} {KEY} here"), ADVICE, secret=KEY)
    assert isinstance(wrong, kind)
    assert told in str(wrong)
    assert KEY not in str(wrong)


@pytest.mark.parametrize(
    ("codes", "kind"),
    [
        ((), ProviderUnavailable),
        (("500",), ProviderUnavailable),
        (("429",), ProviderUnavailable),
        (("overloaded_error",), ProviderUnavailable),
        (("400",), ProviderRefused),
        (("invalid_key", "401"), ProviderRefused),
        (("used_up",), ProviderRefused),
    ],
)
def test_an_error_in_a_stream_that_began_well_is_judged_by_its_code(
    codes: tuple[str, ...], kind: type[Exception]
):
    wrong = broken_off(
        "vendor", Problem(codes, f"no {KEY}"), ADVICE, secret=KEY, quota={"used_up": "add credit"}
    )
    assert isinstance(wrong, kind)
    assert KEY not in str(wrong)


NOW = datetime(2026, 11, 30, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "2"}, 2.0),
        ({"retry-after": " 0.5 "}, 0.5),
        ({"retry-after-ms": "250", "retry-after": "9"}, 0.25),
        ({"retry-after": "Mon, 30 Nov 2026 12:00:03 GMT"}, 3.0),
        ({"retry-after": "Mon, 30 Nov 2026 11:00:00 GMT"}, 0.0),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "-1"}, None),
        ({"retry-after": ""}, None),
        ({}, None),
    ],
)
def test_how_long_to_wait_is_read_in_every_form_it_has(headers: dict[str, str], seconds: float | None):
    assert wait_s(headers, NOW) == seconds


def test_too_many_requests_without_a_time_are_not_repeated_at_once():
    assert refusal("v", 429, Problem(), {}, secret="").retry_after_s == OVERLOADED_WAIT_S
    assert refusal("v", 429, Problem(), {}, secret="", wait_s=7).retry_after_s == 7
    assert refusal("v", 500, Problem(), {}, secret="").retry_after_s is None


@pytest.mark.parametrize("name", ["x y", "", "x:", "x\n"])
@pytest.mark.parametrize("value", ["a", "a\nb", "é"])
def test_what_can_be_no_header_is_named(name: str, value: str):
    assert problem_of_header(name, value)
    assert bool(problem_of_header("x", value)) == (value != "a")


def test_a_secret_pasted_with_its_line_is_mended_and_one_that_can_not_be_sent_is_refused_unseen():
    assert sendable("v", f" {KEY}\n") == KEY
    for secret in (f"{KEY}\n{KEY}", f"{KEY}é"):
        with pytest.raises(ConfigurationError, match="copy the key again") as caught:
            sendable("v", secret)
        assert KEY not in str(caught.value)


def test_json_of_servers_may_hold_bare_control_characters():
    read: Any = parse('{"a": "b\tc"}')
    assert read == {"a": "b\tc"}
