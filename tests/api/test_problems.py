"""Problems: every exception has its status, and a bug tells nothing."""

from __future__ import annotations

import inspect
from typing import Any

import pytest
from fastapi import FastAPI
from starlette.exceptions import HTTPException

from rapida import errors
from rapida.api import problems
from rapida.api.problems import kind_of
from rapida.errors import (
    ExtraMissing,
    IllegalEvent,
    NotFound,
    ProviderRefused,
    ProviderUnavailable,
    RapidaError,
    StoreError,
    UnknownName,
    VaultError,
)
from tests.api.conftest import ServedApi

DATABASES = ("sqlite",)  # nothing here is the database's affair


async def test_a_problem_has_the_members_of_rfc_9457_and_a_code(api: ServedApi) -> None:
    answer = await api.ask("GET", "/nowhere")
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.json() == {
        "type": "about:blank",
        "title": "Not Found",
        "status": 404,
        "code": "not_found",
        "detail": "Not Found.",
    }


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (NotFound("assistant", 7), 404, "not_found"),
        (UnknownName("tts", "x", ()), 422, "configuration"),
        (ExtraMissing("tts", "x", "local", "y"), 422, "configuration"),
        (StoreError("x"), 503, "store_unavailable"),
        (VaultError("x"), 500, "vault"),
        (ProviderRefused("twilio", "x"), 502, "provider"),
        (ProviderUnavailable("twilio", "x"), 502, "provider"),
        (IllegalEvent(1, "x"), 500, "internal_error"),
    ],
)
def test_the_nearest_listed_ancestor_decides(error: RapidaError, status: int, code: str) -> None:
    kind = kind_of(error)
    assert (kind.status, kind.code) == (status, code)


def test_every_exception_of_the_tree_has_a_row_or_is_a_bug_of_ours() -> None:
    tree = [each for _, each in inspect.getmembers(errors, inspect.isclass) if issubclass(each, RapidaError)]
    unlisted = {each.__name__ for each in tree if not set(each.__mro__) & set(problems.TABLE)}
    assert unlisted == {"RapidaError", "IllegalEvent", "IllegalStep"}


def test_codes_are_stable_names() -> None:
    codes = [kind.code for kind in problems.TABLE.values()]
    assert len(codes) == len(set(codes))
    assert all(code.replace("_", "").isalpha() and code.islower() for code in codes)


async def raising(api: ServedApi, error: Exception) -> Any:
    app: FastAPI = api.app

    async def fail(number: int = 0) -> None:
        del number
        raise error

    app.add_api_route("/fail", fail, methods=["GET"])
    return await api.ask("GET", "/fail")


async def test_what_is_not_for_outsiders_is_replaced(api: ServedApi) -> None:
    answer = await raising(api, VaultError("the key hunter2 is gone"))
    assert (answer.status_code, answer.json()["code"]) == (500, "vault")
    assert "hunter2" not in answer.text


async def test_a_bug_is_a_500_that_tells_nothing(api: ServedApi) -> None:
    answer = await raising(api, ZeroDivisionError("hunter2"))
    assert (answer.status_code, answer.json()["code"]) == (500, "internal_error")
    assert answer.headers["content-type"] == "application/problem+json"
    assert "hunter2" not in answer.text


async def test_a_frameworks_error_keeps_its_status_and_headers(api: ServedApi) -> None:
    answer = await raising(api, HTTPException(429, "slow down", {"retry-after": "3"}))
    assert (answer.status_code, answer.json()["code"]) == (429, "too_many_requests")
    assert answer.headers["retry-after"] == "3"
    assert answer.headers["content-type"] == "application/problem+json"


async def test_a_wrong_field_is_a_422_that_names_it(api: ServedApi) -> None:
    await raising(api, ZeroDivisionError())
    answer = await api.ask("GET", "/fail?number=many")
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")
    assert answer.json()["errors"][0]["field"] == "number"
    assert answer.json()["detail"].startswith("number: ")
