"""How the text of one variable is read: each function takes the variable's name and its text.

It gives the value, or raises `SettingsError` with a sentence that shows the right spelling and never repeats
what may be secret.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from .errors import SettingsError

WsSignature = Literal["required", "observe"]

_HOST_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_HOST = re.compile(rf"{_HOST_LABEL}(?:\.{_HOST_LABEL})*(?::(?P<port>[0-9]{{1,5}}))?")
_TRUE = {"1", "true", "yes", "on"}
_FALSE = {"0", "false", "no", "off"}


def _is_host(text: str) -> bool:
    match = _HOST.fullmatch(text)
    return match is not None and 0 < int(match["port"] or 1) < 65536 and len(text) <= 253


def _suggested_host(text: str) -> str:
    """What the person who wrote `text` most likely meant, or an example."""
    bare = re.sub(r"^[A-Za-z][A-Za-z0-9+.-]*://", "", re.sub(r"\s", "", text))
    bare = re.split(r"[/?#]", bare, maxsplit=1)[0].rpartition("@")[2]
    return bare.lower() if _is_host(bare) else "calls.example.com"


def place(name: str, text: str) -> str:
    if not _is_host(text):
        raise SettingsError(
            name,
            "this must be a bare host name, optionally with a port, without scheme, path or blanks; "
            f"write {name}={_suggested_host(text)}",
        )
    return text.lower()


def host(name: str, text: str) -> str:
    """A host that is reached by https: its port 443 goes without saying."""
    return place(name, text).removesuffix(":443")


def places(name: str, text: str) -> tuple[str, ...]:
    """Hosts, each for every port, or for the port it names and no other."""
    return tuple(place(name, part.strip()) for part in text.split(",") if part.strip())


def hosts(name: str, text: str) -> tuple[str, ...]:
    return tuple(host(name, part.strip()) for part in text.split(",") if part.strip())


def networks(name: str, text: str) -> tuple[str, ...]:
    parts = tuple(part.strip() for part in text.split(",") if part.strip())
    for part in parts:
        try:
            ip_network(part)
        except ValueError:
            raise SettingsError(
                name, f"{part!r} is no IP address or network; write {name}=10.0.0.5,10.1.0.0/24"
            ) from None
    return parts


def flag(name: str, text: str) -> bool:
    if text.lower() not in _TRUE | _FALSE:
        raise SettingsError(name, f"{text!r} is neither true nor false; write {name}=true or {name}=false")
    return text.lower() in _TRUE


def port(name: str, text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 0 <= int(text) < 65536:
        raise SettingsError(name, f"{text!r} is not a port; write a number such as {name}=8080")
    return int(text)


def count(name: str, text: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text) == 0:
        raise SettingsError(name, f"{text!r} is not a number of calls; write one such as {name}=200")
    return int(text)


def rate(name: str, text: str) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > 6:
        raise SettingsError(name, f"{text!r} is no rate; write a number such as {name}=100; 0 = no limit")
    return int(text)


def as_written(name: str, text: str) -> str:
    del name
    return text


def code(name: str, text: str) -> str:
    if len(text) < 16 or not text.isascii():
        raise SettingsError(name, "it can be guessed; make one with: openssl rand -hex 16")
    return text


def path(name: str, text: str) -> Path:
    del name
    return Path(text).expanduser()


def url(name: str, text: str) -> str:
    if not re.fullmatch(r"https?://[^\s/?#@]+(/[^\s?#]*)?", text) or _port_of(text) is None:
        raise SettingsError(name, f"write a plain http or https URL, such as {name}=https://host.example.com")
    return text.rstrip("/")


def bucket(name: str, text: str) -> str:
    if not re.fullmatch(r"s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](/[^\s?#]*)?", text):
        raise SettingsError(name, f"name a bucket and where in it, such as {name}=s3://our-calls/rapida")
    return text.rstrip("/")


def check_plain_http(name: str, url: str, allow_hosts: Collection[str]) -> None:
    """The account's token travels with each request: unencrypted, only to a host of one's own network."""
    asked = urlsplit(url)
    host = asked.hostname or ""
    listed = {f"{host}:{asked.port or 80}", host} & set(allow_hosts)
    if asked.scheme == "http" and host != "localhost" and not listed and not _is_own_address(host):
        raise SettingsError(
            name,
            f"the account's token would travel unencrypted to {host}; write "
            f"{name}=https://{asked.netloc}{asked.path} (or, for a double of your own, list "
            "its host in RAPIDA_ALLOW_HOSTS)",
        )


def _is_own_address(host: str) -> bool:
    try:
        return ip_address(host).is_private
    except ValueError:
        return False


def _port_of(url: str) -> int | None:
    """The URL's port, 0 where it names none; None where it names what is no port."""
    try:
        return urlsplit(url).port or 0
    except ValueError:
        return None


def listening_host(name: str, text: str) -> str:
    """An address or host name to listen on. Whether this machine has it, is seen when it listens."""
    bare = text.removeprefix("[").removesuffix("]")
    try:
        ip_address(bare)
    except ValueError:
        if not _is_host(text):
            raise SettingsError(
                name, f"{text!r} is no address or host name; write {name}=127.0.0.1, or 0.0.0.0 for all"
            ) from None
        if ":" in text:
            address, _, port = text.rpartition(":")
            raise SettingsError(
                name, f"the port has a variable of its own; write {name}={address} and RAPIDA_PORT={port}"
            ) from None
    return bare


def ws_signature(name: str, text: str) -> WsSignature:
    if text not in ("required", "observe"):
        raise SettingsError(name, f"{text!r} is unknown; write {name}=required or {name}=observe")
    return text


def database_url(name: str, text: str) -> str:
    """Name the asynchronous driver of each database; never repeat the URL, which may hold a password."""
    scheme, separator, rest = text.partition("://")
    drivers = {
        "postgresql": "postgresql+asyncpg",
        "postgres": "postgresql+asyncpg",
        "sqlite": "sqlite+aiosqlite",
    }
    drivers |= {driver: driver for driver in drivers.values()}
    if not separator or scheme not in drivers:
        raise SettingsError(name, f"write {name}=postgresql://user@host/database, or leave it out for SQLite")
    driver = drivers[scheme]
    if driver.startswith("sqlite") and not re.fullmatch(r"/[^?#]+", rest):
        raise SettingsError(name, f"write {name}=sqlite:////directory/file.db, or leave it out for SQLite")
    if driver.startswith("postgresql") and _port_of(text) is None:
        raise SettingsError(
            name,
            "its host and port cannot be read: write postgresql://user:password@host:5432/database, and any "
            "of / ? # @ : [ ] % in the password as %2F %3F %23 %40 %3A %5B %5D %25",
        )
    return f"{driver}://{rest}"


def nearest(name: str, known: Collection[str]) -> str:
    """`: did you mean …?`, or nothing where no known name is like it."""
    found = difflib.get_close_matches(name, known, n=1, cutoff=0.75)
    return f": did you mean {found[0]}?" if found else ""
