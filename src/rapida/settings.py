"""The environment, read once, as one frozen value.

Every option is declared in one place: its variable, its default, what it means and how it is read. A value
comes from the environment, else from `.env`, else from `docker/assistant-api/.assistant.env`; a wrong one is
refused with a sentence that shows the right spelling. What an option does is decided where it is used.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Any, Literal, get_args, get_type_hints

from dotenv import dotenv_values

from .errors import SettingsError

FILES = (Path(".env"), Path("docker/assistant-api/.assistant.env"))
"""Files read after the environment, the first having precedence; relative to the working directory."""

WsSignature = Literal["required", "observe"]

_HOST_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_HOST = re.compile(rf"{_HOST_LABEL}(?:\.{_HOST_LABEL})*(?::(?P<port>[0-9]{{1,5}}))?")
_TRUE = {"1", "true", "yes", "on"}
_FALSE = {"0", "false", "no", "off"}


@dataclass(frozen=True)
class Option:
    """How one setting is named, read and explained. `shown` is its default in words, where that differs."""

    name: str
    read: Callable[[str, str], object]
    doc: str
    shown: str = ""


def _is_host(text: str) -> bool:
    match = _HOST.fullmatch(text)
    return match is not None and 0 < int(match["port"] or 1) < 65536 and len(text) <= 253


def _suggested_host(text: str) -> str:
    """What the person who wrote `text` most likely meant, or an example."""
    bare = re.sub(r"^[A-Za-z][A-Za-z0-9+.-]*://", "", re.sub(r"\s", "", text))
    bare = re.split(r"[/?#]", bare, maxsplit=1)[0].rpartition("@")[2]
    return bare.lower() if _is_host(bare) else "calls.example.com"


def _read_place(name: str, text: str) -> str:
    if not _is_host(text):
        raise SettingsError(
            name,
            "this must be a bare host name, optionally with a port, without scheme, path or blanks; "
            f"write {name}={_suggested_host(text)}",
        )
    return text.lower()


def _read_host(name: str, text: str) -> str:
    """A host that is reached by https: its port 443 goes without saying."""
    return _read_place(name, text).removesuffix(":443")


def _read_places(name: str, text: str) -> tuple[str, ...]:
    """Hosts, each for every port, or for the port it names and no other."""
    return tuple(_read_place(name, part.strip()) for part in text.split(",") if part.strip())


def _read_hosts(name: str, text: str) -> tuple[str, ...]:
    return tuple(_read_host(name, part.strip()) for part in text.split(",") if part.strip())


def _read_networks(name: str, text: str) -> tuple[str, ...]:
    parts = tuple(part.strip() for part in text.split(",") if part.strip())
    for part in parts:
        try:
            ip_network(part)
        except ValueError:
            raise SettingsError(
                name, f"{part!r} is no IP address or network; write {name}=10.0.0.5,10.1.0.0/24"
            ) from None
    return parts


def _read_flag(name: str, text: str) -> bool:
    if text.lower() not in _TRUE | _FALSE:
        raise SettingsError(name, f"{text!r} is neither true nor false; write {name}=true or {name}=false")
    return text.lower() in _TRUE


def _read_port(name: str, text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 0 <= int(text) < 65536:
        raise SettingsError(name, f"{text!r} is not a port; write a number such as {name}=8080")
    return int(text)


def _read_text(name: str, text: str) -> str:
    del name
    return text


def _read_code(name: str, text: str) -> str:
    if len(text) < 16 or not text.isascii():
        raise SettingsError(name, "it can be guessed; make one with: openssl rand -hex 16")
    return text


def _read_path(name: str, text: str) -> Path:
    del name
    return Path(text).expanduser()


def _read_url(name: str, text: str) -> str:
    if not re.fullmatch(r"https?://[^\s/?#@]+(/[^\s?#]*)?", text):
        raise SettingsError(name, f"write a plain http or https URL, such as {name}=https://api.twilio.com")
    return text.rstrip("/")


def _read_ws_signature(name: str, text: str) -> WsSignature:
    if text not in ("required", "observe"):
        raise SettingsError(name, f"{text!r} is unknown; write {name}=required or {name}=observe")
    return text


def _read_database_url(name: str, text: str) -> str:
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
    return f"{drivers[scheme]}://{rest}"


@dataclass(frozen=True)
class Settings:
    """Everything the environment decides. Build it with `load`, or by keyword in a test."""

    public_host: Annotated[
        str | None,
        Option(
            "PUBLIC_ASSISTANT_HOST",
            _read_host,
            "Host name, optionally with `:port`, at which the carrier reaches this server by HTTPS. No "
            "scheme, no path. Without it only the local demo can be called.",
        ),
    ] = None
    data_dir: Annotated[
        Path,
        Option(
            "RAPIDA_DATA_DIR",
            _read_path,
            "Directory for the database, recordings and keys; created with mode 0700.",
            "./rapida-data",
        ),
    ] = Path("rapida-data")
    configured_database_url: Annotated[
        str | None,
        Option(
            "RAPIDA_DATABASE_URL",
            _read_database_url,
            "Database; `postgresql://…` for more than one machine. May hold a password: it is never logged.",
            "SQLite in the data directory",
        ),
    ] = None
    master_key: Annotated[
        str | None,
        Option(
            "RAPIDA_MASTER_KEY",
            _read_text,
            "Keys that seal the vault: `id:base64[,id:base64]`, 32 bytes each; the first seals, all open.",
            "a generated key file in the data directory",
        ),
    ] = None
    setup_code: Annotated[
        str | None,
        Option(
            "RAPIDA_SETUP_CODE",
            _read_code,
            "The one-time code that the first owner must know, at least 16 characters, where nobody can read "
            "the terminal (containers).",
            "printed by `rapida serve`",
        ),
    ] = None
    host: Annotated[str, Option("RAPIDA_HOST", _read_text, "Address to listen on.")] = "127.0.0.1"
    port: Annotated[int, Option("RAPIDA_PORT", _read_port, "Port to listen on; 0 takes a free one.")] = 8080
    allowed_hosts: Annotated[
        tuple[str, ...],
        Option(
            "RAPIDA_ALLOWED_HOSTS",
            _read_hosts,
            "Further host names, separated by commas, under which the API may be asked, besides loopback.",
        ),
    ] = ()
    public_api: Annotated[
        bool,
        Option(
            "RAPIDA_PUBLIC_API",
            _read_flag,
            "Answer the whole API on the public host, not only the carrier's routes and `/health/live`.",
        ),
    ] = False
    open_metrics: Annotated[
        bool,
        Option(
            "RAPIDA_OPEN_METRICS",
            _read_flag,
            "Answer `/metrics` without an API key: to everyone who reaches this server, also through a "
            "reverse proxy.",
        ),
    ] = False
    trusted_proxies: Annotated[
        tuple[str, ...],
        Option(
            "RAPIDA_TRUSTED_PROXIES",
            _read_networks,
            "IP addresses or networks of reverse proxies, separated by commas, whose X-Forwarded-For and "
            "X-Forwarded-Proto are believed; nobody else's are.",
        ),
    ] = ()
    allow_hosts: Annotated[
        tuple[str, ...],
        Option(
            "RAPIDA_ALLOW_HOSTS",
            _read_places,
            "Private hosts, separated by commas, that providers and tools may call (a local model server): "
            "`host` at every port, `host:port` at that one.",
        ),
    ] = ()
    twilio_api_url: Annotated[
        str,
        Option(
            "RAPIDA_TWILIO_API_URL", _read_url, "Where Twilio's REST interface is; a local double in tests."
        ),
    ] = "https://api.twilio.com"
    twilio_ws_signature: Annotated[
        WsSignature,
        Option(
            "RAPIDA_TWILIO_WS_SIGNATURE",
            _read_ws_signature,
            "`required`: a media socket must carry a valid signature. `observe`: an unsigned one is let in "
            "on a fresh context and its call is marked unverified.",
        ),
    ] = "required"

    @property
    def database_url(self) -> str:
        """The database's URL with its asynchronous driver."""
        if self.configured_database_url is not None:
            return self.configured_database_url
        return f"sqlite+aiosqlite:///{self.data_dir.absolute() / 'rapida.db'}"

    @property
    def queue_url(self) -> str:
        """Where the durable queue is kept: beside a PostgreSQL database, or in a file of its own."""
        if self.database_url.startswith("postgresql"):
            return f"postgresql://{self.database_url.partition('://')[2]}"
        return f"sqlite:///{self.data_dir.absolute() / 'queue.db'}"

    def __repr__(self) -> str:
        # Database URLs and master keys hold secrets, and settings get logged.
        return f"Settings(public_host={self.public_host!r}, data_dir={str(self.data_dir)!r})"


def options() -> dict[str, Option]:
    """Field → option, in order, for `load` and for the reference pages."""
    hints = get_type_hints(Settings, include_extras=True)
    return {each.name: get_args(hints[each.name])[1] for each in fields(Settings)}


def reference() -> list[tuple[str, str, str]]:
    """Every setting as (variable, default as a person would write it, meaning)."""
    defaults = {each.name: each.default for each in fields(Settings)}
    return [
        (option.name, option.shown or _shown(defaults[key]), option.doc) for key, option in options().items()
    ]


def load(environment: Mapping[str, str] | None = None, directory: Path | None = None) -> Settings:
    """Read the settings; an empty variable counts as absent. Raises `SettingsError`.

    `environment` stands in for the process's own, `directory` for the working directory.
    """
    sources: list[Mapping[str, str | None]] = [os.environ if environment is None else environment]
    sources += [dotenv_values((directory or Path()) / file, interpolate=False) for file in FILES]
    given: dict[str, Any] = {}
    for key, option in options().items():
        if text := next((found for source in sources if (found := source.get(option.name))), None):
            given[key] = option.read(option.name, text)
    return Settings(**given)


def prepare_data_dir(path: Path) -> Path:
    """Create the data directory for its owner only. Raises `SettingsError` when that is impossible."""
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.chmod(0o700)
    except OSError as wrong:
        raise SettingsError(
            "RAPIDA_DATA_DIR",
            f"cannot use {str(path)!r} ({wrong.strerror}); name a writable directory",
        ) from wrong
    return path


def _shown(default: object) -> str:
    if default is None or default == ():
        return ""
    return str(default).lower() if isinstance(default, bool) else str(default)
