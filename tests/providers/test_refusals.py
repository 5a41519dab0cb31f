"""Refusals of vendors: the reason wherever it stands, what to do about it, and never the secret."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from rapida.errors import ProviderRefused, ProviderUnavailable
from rapida.providers.line_streams import parse
from rapida.providers.refusals import (
    OVERLOADED_WAIT_S,
    Failures,
    Problem,
    may_pass,
    problem,
    redacted,
    wait_s,
)

REASON = "roles must alternate"
KEY = "do-not-show-me"
OURS = Failures(
    "vendor", (KEY,), advice={401: "put a valid key"}, used_up={"used_up": "add credit"}, server="the model"
)


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
def test_the_reason_is_found_where_vendors_put_it(body: bytes, codes: tuple[str, ...]) -> None:
    assert problem(body) == Problem(codes, REASON)


def test_a_fault_in_the_request_is_named_with_its_place() -> None:
    body = b'{"detail": [{"loc": ["body", "messages", 0], "msg": "field required", "type": "missing"}]}'
    assert problem(body).reason == "body.messages.0: field required"


@pytest.mark.parametrize(
    "body", [b"", b"{}", b"[]", b"null", b"7", b"<html>502</html>", b"[" * 5000, b'{"error": {}}']
)
def test_a_body_that_says_nothing_is_no_trouble(body: bytes) -> None:
    assert problem(body).reason in ("", "[" * 300)


def test_a_long_reason_is_cut() -> None:
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
) -> None:
    wrong = OURS.of_answer(status, {}, {"error": f"{REASON} {KEY} here"})
    assert isinstance(wrong, kind)
    assert told in str(wrong)
    assert KEY not in str(wrong)
    assert wrong.provider == "vendor"


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
) -> None:
    wrong = OURS.in_stream(Problem(codes, f"no {KEY}"))
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
def test_how_long_to_wait_is_read_in_every_form_it_has(
    headers: dict[str, str], seconds: float | None
) -> None:
    assert wait_s(headers, NOW) == seconds


def test_too_many_requests_without_a_time_are_not_repeated_at_once() -> None:
    assert OURS.of_answer(429, {}, b"").retry_after_s == OVERLOADED_WAIT_S
    assert OURS.of_answer(429, {"retry-after": "7"}, b"").retry_after_s == 7
    assert OURS.of_answer(500, {}, b"").retry_after_s is None


@pytest.mark.parametrize("status", [429, 401, 400, 503])
def test_an_account_that_is_used_up_refuses_whatever_its_status(status: int) -> None:
    wrong = OURS.of_answer(status, {}, {"error": {"code": "used_up"}})
    assert isinstance(wrong, ProviderRefused)
    assert "add credit" in str(wrong)


@pytest.mark.parametrize(
    ("status", "passing"),
    [
        *((status, False) for status in (302, 400, 401, 403, 404, 418, 422)),
        *((status, True) for status in (408, 409, 425, 429, 500, 502, 503, 529)),
    ],
)
def test_what_may_pass_is_judged_in_one_place(status: int, passing: bool) -> None:
    assert may_pass(status) == passing


@pytest.mark.parametrize("before", range(290, 300))
def test_no_part_of_a_secret_is_left_where_a_reason_is_cut(before: int) -> None:
    for body in ({"error": "x" * before + KEY}, ("x" * before + KEY).encode()):
        assert "do-" not in str(OURS.of_answer(400, {}, body))


def test_of_secrets_that_begin_alike_none_leaves_its_end() -> None:
    assert redacted("a key-1 and key-12", ("key-1", "", "key-12")) == "a … and …"


def test_the_other_side_is_named_as_its_provider_wants() -> None:
    assert str(OURS.no_answer()) == "vendor: the model does not answer"
    assert str(OURS.no_connection(OSError(KEY))) == "vendor: the connection to the model failed (OSError)"
    assert str(OURS.nonsense("no sound")) == "vendor: the model sent no sound"


def test_json_of_servers_may_hold_bare_control_characters() -> None:
    read: Any = parse('{"a": "b\tc"}')
    assert read == {"a": "b\tc"}
