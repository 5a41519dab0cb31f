"""The dashboard's files at the door: what is served where, under which policy, and what stays the API's."""

from __future__ import annotations

import gzip
import re
from pathlib import Path

import pytest

from rapida.api import dashboard
from tests.api.conftest import ServedApi

DATABASES = ("sqlite",)  # nothing here is the database's affair

INDEX = (
    '<script nonce="__NONCE__" type="module" src="/assets/index-1a2b.js"></script><style nonce="__NONCE__">'
)
SCRIPT = "export const answer = 42;" * 100


@pytest.fixture
def built(tmp_path: Path) -> Path:
    """A build of one page and one script."""
    folder = tmp_path / "dashboard"
    (folder / "assets").mkdir(parents=True)
    (folder / "index.html").write_text(INDEX)
    (folder / "assets" / "index-1a2b.js").write_text(SCRIPT)
    (folder / "assets" / "index-1a2b.js.gz").write_bytes(gzip.compress(SCRIPT.encode()))
    (folder / "assets" / "index-1a2b.js.map").write_text("{}")
    return folder


@pytest.fixture
def served(api: ServedApi, built: Path) -> ServedApi:
    api.app.router.routes.extend(dashboard.routes(dashboard.read(built)).routes)
    return api


async def test_every_path_that_is_nobodys_is_the_page(served: ServedApi) -> None:
    for path in ("/", "/calls", "/calls/7?t=16.2", "/v1x", "/welcome"):
        answer = await served.ask("GET", path)
        assert (answer.status_code, answer.headers["content-type"]) == (200, "text/html; charset=utf-8"), path
        assert answer.headers["cache-control"] == "no-store"


async def test_an_unknown_path_of_the_api_or_of_operations_stays_a_404_in_json(served: ServedApi) -> None:
    for method, path in (
        ("GET", "/v1"),
        ("GET", "/v1/nowhere"),
        ("POST", "/nowhere"),
        ("GET", "/assets/gone-1.js"),
        ("GET", "/assets/..%2findex.html"),
        ("GET", "/health/nowhere"),
    ):
        answer = await served.ask(method, path)
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found"), path


async def test_a_method_that_a_route_of_the_api_has_not_is_told_as_before(served: ServedApi) -> None:
    assert (await served.ask("DELETE", "/v1/me")).status_code == 405


async def test_each_page_has_a_nonce_of_its_own_in_its_policy_and_its_text(served: ServedApi) -> None:
    nonces = set[str]()
    for _ in range(2):
        answer = await served.ask("GET", "/calls")
        policy = answer.headers["content-security-policy"]
        (nonce,) = re.findall(r"'nonce-([^']+)'", policy)
        assert answer.text == INDEX.replace("__NONCE__", nonce)
        assert "unsafe" not in policy
        assert policy.startswith("default-src 'none'; script-src 'self';")
        nonces.add(nonce)
    assert len(nonces) == 2


async def test_an_asset_is_kept_for_good_and_comes_compressed_to_who_takes_it(served: ServedApi) -> None:
    packed = await served.ask("GET", "/assets/index-1a2b.js")
    plain = await served.ask("GET", "/assets/index-1a2b.js", headers={"accept-encoding": "identity"})
    assert packed.headers["content-encoding"] == "gzip"
    assert "content-encoding" not in plain.headers
    for answer in (packed, plain):
        assert answer.text == SCRIPT
        assert answer.headers["content-type"] == "text/javascript; charset=utf-8"
        assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert answer.headers["x-content-type-options"] == "nosniff"


async def test_a_kind_of_file_that_no_page_asks_for_is_not_served(served: ServedApi) -> None:
    assert (await served.ask("GET", "/assets/index-1a2b.js.map")).status_code == 404


async def test_without_a_build_the_root_says_how_to_make_one(api: ServedApi, tmp_path: Path) -> None:
    api.app.router.routes.extend(dashboard.routes(dashboard.read(tmp_path / "none")).routes)
    answer = await api.ask("GET", "/")
    assert answer.status_code == 404
    assert "make dashboard" in answer.text
    assert 'href="/docs"' in answer.text
