"""Behind a proxy that ends TLS: what it says of the browser counts if its address is named, and only then."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest

from rapida.app import Door
from rapida.workspace.people import CODE_FILE

from .server import opened

NEAR = "127.0.0.1"
OWNER = {
    "email": "ada@example.com",
    "password": "correct horse battery",
    "name": "Ada",
    "organization": "Engines",
    "project": "Desk",
}


async def cookie_by(data_dir: Path, door: Door, trusted: tuple[str, ...], proto: str = "https") -> str:
    """The session cookie of a first run whose request says by which protocol it came."""
    async with opened(data_dir, door=door, trusted_proxies=trusted) as server:
        code = (data_dir / CODE_FILE).read_text().strip()
        async with httpx.AsyncClient() as proxy:
            answer = await proxy.post(
                f"http://{server.address}/v1/setup",
                json={"code": code, **OWNER},
                headers={"X-Forwarded-Proto": proto, "X-Forwarded-For": "203.0.113.9"},
            )
    assert answer.is_success, answer.text
    return answer.headers["set-cookie"]


@pytest.mark.parametrize("door", ["picows", "asgi"])
@pytest.mark.parametrize("named", ["127.0.0.1", "127.0.0.0/8"])
async def test_behind_a_named_tls_proxy_cookies_are_secure_and_bound_to_the_host(
    tmp_path: Path, door: Door, named: str
) -> None:
    cookie = await cookie_by(tmp_path / "data", door, ("10.0.0.1", named))
    assert cookie.startswith("__Host-rapida_session=")
    assert "; Secure" in cookie


@pytest.mark.parametrize("door", ["picows", "asgi"])
@pytest.mark.parametrize("trusted", [(), ("10.0.0.1",)])
async def test_nobody_elses_word_is_believed_whatever_the_web_servers_own_variable_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, door: Door, trusted: tuple[str, ...]
) -> None:
    monkeypatch.setenv("FORWARDED_ALLOW_IPS", "*")
    cookie = await cookie_by(tmp_path / "data", door, trusted)
    assert cookie.startswith("rapida_session=")
    assert "Secure" not in cookie


async def test_a_named_proxy_that_was_asked_in_plain_text_says_so(tmp_path: Path) -> None:
    cookie = await cookie_by(tmp_path / "data", "picows", (NEAR,), proto="http")
    assert cookie.startswith("rapida_session=")
