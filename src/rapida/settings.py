"""The environment, read once, as one frozen value.

Every option is declared in one place: its variable, its default, what it means and how it is read
(`settings_read.py`). A value comes from the environment, else from `.env`, else from
`docker/assistant-api/.assistant.env`; a wrong one is refused with a sentence that shows the right spelling.
What an option does is decided where it is used.
"""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import MISSING, dataclass, field, fields
from pathlib import Path
from typing import Annotated, Any, cast, get_args, get_type_hints

from dotenv import dotenv_values

from . import settings_read as read
from .errors import SettingsError
from .settings_read import WsSignature

FILES = (Path(".env"), Path("docker/assistant-api/.assistant.env"))
"""Files read after the environment, the first having precedence; relative to the working directory."""
NO_ROOM = (errno.ENOSPC, errno.EDQUOT)
ANY_IPV4, ANY_IPV6 = "0.0.0.0", "::"  # noqa: S104 - what may be written, not what is chosen
OURS = ("RAPIDA_", "PUBLIC_ASSIST")
"""How our variables begin."""
CARRIER = "<CARRIER>"
"""Stands in a variable's name for a carrier's, in capitals: there is one such variable for each carrier."""
OTHERS = (
    "RAPIDA_API_KEY",
    "RAPIDA_PHONE_ACCOUNT_SID",
    "RAPIDA_PHONE_AUTH_TOKEN",
    "RAPIDA_PROFILE",
    "RAPIDA_TEST_DATABASE_URL",
)
"""Variables that one command or the tests read, and that are no settings."""


@dataclass(frozen=True)
class Option:
    """How one setting is named, read and explained. `shown` is its default in words, where that differs."""

    name: str
    read: Callable[[str, str], object]
    doc: str
    shown: str = ""
    secret: bool = False
    """Whether its value is for nobody's eyes."""


@dataclass(frozen=True)
class Settings:
    """Everything the environment decides. Build it with `load`, or by keyword in a test."""

    public_host: Annotated[
        str | None,
        Option(
            "PUBLIC_ASSISTANT_HOST",
            read.host,
            "Host name, optionally with `:port`, at which the carrier reaches this server by HTTPS. No "
            "scheme, no path. Without it only the local demo can be called.",
        ),
    ] = None
    data_dir: Annotated[
        Path,
        Option(
            "RAPIDA_DATA_DIR",
            read.path,
            "Directory for the database, recordings and keys; created with mode 0700.",
            "./rapida-data",
        ),
    ] = Path("rapida-data")
    configured_database_url: Annotated[
        str | None,
        Option(
            "RAPIDA_DATABASE_URL",
            read.database_url,
            "Database; `postgresql://…` for more than one machine. May hold a password: it is never logged.",
            "SQLite in the data directory",
            secret=True,
        ),
    ] = None
    files_url: Annotated[
        str | None,
        Option(
            "RAPIDA_FILES_URL",
            read.bucket,
            "Where recordings and journals go when their call is over: `s3://bucket/prefix` at any "
            "S3-compatible store, which AWS_ENDPOINT_URL, AWS_REGION, AWS_ACCESS_KEY_ID and "
            "AWS_SECRET_ACCESS_KEY open.",
            "they stay in the data directory",
        ),
    ] = None
    master_key: Annotated[
        str | None,
        Option(
            "RAPIDA_MASTER_KEY",
            read.as_written,
            "Keys that seal the vault: `id:base64[,id:base64]`, 32 bytes each; the first seals, all open.",
            "a generated key file in the data directory",
            secret=True,
        ),
    ] = None
    setup_code: Annotated[
        str | None,
        Option(
            "RAPIDA_SETUP_CODE",
            read.code,
            "The one-time code that the first owner must know, at least 16 characters, where nobody can read "
            "the terminal (containers).",
            "printed by `rapida serve`",
            secret=True,
        ),
    ] = None
    host: Annotated[
        str,
        Option(
            "RAPIDA_HOST",
            read.listening_host,
            "Address to listen on: one of this machine's, `0.0.0.0` or `::` for all of them.",
        ),
    ] = "127.0.0.1"
    port: Annotated[int, Option("RAPIDA_PORT", read.port, "Port to listen on; 0 takes a free one.")] = 8080
    max_calls: Annotated[
        int | None,
        Option(
            "RAPIDA_MAX_CALLS",
            read.count,
            "So many calls a server process takes at a time, whatever its load; further callers hear that "
            "the lines are busy.",
            "learned from the load",
        ),
    ] = None
    allowed_hosts: Annotated[
        tuple[str, ...],
        Option(
            "RAPIDA_ALLOWED_HOSTS",
            read.hosts,
            "Further host names, separated by commas, under which the API may be asked, besides loopback.",
        ),
    ] = ()
    public_api: Annotated[
        bool,
        Option(
            "RAPIDA_PUBLIC_API",
            read.flag,
            "Answer the whole API on the public host, not only the carrier's routes and `/health/live`.",
        ),
    ] = False
    requests_per_second: Annotated[
        int,
        Option(
            "RAPIDA_REQUESTS_PER_SECOND",
            read.rate,
            "So many requests a second an API key or a session may send to a server process, twice as many "
            "at once; more are answered with 429. Carriers are never counted. 0 = no limit.",
        ),
    ] = 100
    traces_url: Annotated[
        str | None,
        Option(
            "RAPIDA_TRACES_URL",
            read.url,
            "Where each call's trace is sent when it is over, by OTLP over HTTP, such as "
            "`http://localhost:4318/v1/traces`; needs the extra `tracing`.",
            "no traces",
        ),
    ] = None
    open_metrics: Annotated[
        bool,
        Option(
            "RAPIDA_OPEN_METRICS",
            read.flag,
            "Answer `/metrics` without an API key: to everyone who reaches this server, also through a "
            "reverse proxy.",
        ),
    ] = False
    trusted_proxies: Annotated[
        tuple[str, ...],
        Option(
            "RAPIDA_TRUSTED_PROXIES",
            read.networks,
            "IP addresses or networks of reverse proxies, separated by commas, whose X-Forwarded-For and "
            "X-Forwarded-Proto are believed; nobody else's are.",
        ),
    ] = ()
    allow_hosts: Annotated[
        tuple[str, ...],
        Option(
            "RAPIDA_ALLOW_HOSTS",
            read.places,
            "Private hosts, separated by commas, that providers and tools may call (a local model server): "
            "`host` at every port, `host:port` at that one.",
        ),
    ] = ()
    carrier_api_urls: Annotated[
        Mapping[str, str],
        Option(
            f"RAPIDA_{CARRIER}_API_URL",
            read.url,
            "Where this carrier's REST interface is; a local double in tests.",
            "the carrier's own",
        ),
    ] = field(default_factory=dict[str, str])
    """By the carrier's name in the catalogue, of those that a variable names."""
    ws_signatures: Annotated[
        Mapping[str, WsSignature],
        Option(
            f"RAPIDA_{CARRIER}_WS_SIGNATURE",
            read.ws_signature,
            "`required`: a media socket must carry a valid signature. `observe`: an unsigned one is let in "
            "on a fresh context and its call is marked unverified.",
            "required",
        ),
    ] = field(default_factory=dict[str, WsSignature])

    @property
    def database_url(self) -> str:
        """The database's URL with its asynchronous driver."""
        if self.configured_database_url is not None:
            return self.configured_database_url
        return f"sqlite+aiosqlite:///{self.data_dir.absolute() / 'rapida.db'}"

    def address(self, port: int) -> str:
        """Where this machine's programs reach a server that listens on `port`, as `host:port`."""
        reached = {ANY_IPV4: "127.0.0.1", ANY_IPV6: "::1"}.get(self.host, self.host)
        return f"[{reached}]:{port}" if ":" in reached else f"{reached}:{port}"

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
    defaults = {each.name: each.default for each in fields(Settings) if each.default is not MISSING}
    return [
        (option.name, option.shown or _shown(defaults.get(key)), option.doc)
        for key, option in options().items()
    ]


@dataclass(frozen=True)
class SettingInForce:
    """A setting as it holds. `value` is empty where its default does, and None where it is secret and set."""

    name: str
    value: str | None
    default: str
    doc: str


def in_force(settings: Settings) -> list[SettingInForce]:
    """Every setting with its value, except the secret ones': of those only whether they are set."""
    defaults = {each.name: each.default for each in fields(Settings)}
    found: list[SettingInForce] = []
    for (key, option), (name, default, doc) in zip(options().items(), reference(), strict=True):
        value = getattr(settings, key)
        is_default = not value or value == defaults[key]
        shown = "" if is_default else None if option.secret else _listed(value)
        found.append(SettingInForce(name, shown, default, doc))
    return found


def _listed(value: Any) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{name}: {each}" for name, each in cast("Mapping[str, object]", value).items())
    if isinstance(value, tuple):
        return ", ".join(map(str, cast("tuple[object, ...]", value)))
    return _shown(value)


def load(environment: Mapping[str, str] | None = None, directory: Path | None = None) -> Settings:
    """Read the settings. Raises `SettingsError`.

    An empty variable means its default, and hides the same one of the files behind it. `environment` stands
    in for the process's own, `directory` for the working directory.
    """
    sources = _sources(environment, directory)
    given: dict[str, Any] = {}
    for key, option in options().items():
        if CARRIER in option.name:
            given[key] = dict(_of_carriers(option, sources))
        elif text := _written(option.name, sources):
            given[key] = option.read(option.name, text)
    settings = Settings(**given)
    for carrier, url in settings.carrier_api_urls.items():
        read.check_plain_http(f"RAPIDA_{carrier.upper()}_API_URL", url, settings.allow_hosts)
    return settings


def _written(name: str, sources: Sequence[Mapping[str, str | None]]) -> str:
    # A name without `=` in a file says nothing.
    return next((text for source in sources if (text := source.get(name)) is not None), "")


def _of_carriers(option: Option, sources: Sequence[Mapping[str, str | None]]) -> Iterator[tuple[str, object]]:
    """(carrier, value) of each variable that `option` stands for."""
    pattern = re.compile(option.name.replace(CARRIER, "([A-Z0-9_]+)"))
    for name in dict.fromkeys(name for source in sources for name in source):
        if (match := pattern.fullmatch(name)) and (text := _written(name, sources)):
            yield match[1].lower(), option.read(name, text)


def of_each(name: str, carriers: Iterable[str]) -> list[str]:
    """The variables that an option's name stands for: one, or one for each of `carriers`."""
    return list(dict.fromkeys(name.replace(CARRIER, each.upper()) for each in carriers))


def misspelt(
    carriers: Iterable[str], environment: Mapping[str, str] | None = None, directory: Path | None = None
) -> list[str]:
    """A sentence for each variable that looks like one of ours and is none."""
    known = {each for option in options().values() for each in of_each(option.name, carriers)} | {*OTHERS}
    written = {name for source in _sources(environment, directory) for name in source}
    odd = sorted(name for name in written - known if name.startswith(OURS))
    return [f"{name} is no setting of Rapida and changes nothing{read.nearest(name, known)}" for name in odd]


def _sources(environment: Mapping[str, str] | None, directory: Path | None) -> list[Mapping[str, str | None]]:
    files = [dotenv_values((directory or Path()) / file, interpolate=False) for file in FILES]
    return [os.environ if environment is None else environment, *files]


def prepare_data_dir(path: Path) -> Path:
    """Create the data directory for its owner only. Raises `SettingsError` when that is impossible."""
    with writing_into(path):
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.chmod(0o700)
    return path


@contextmanager
def writing_into(data_dir: Path) -> Generator[None]:
    """What start-up writes there. Raises `SettingsError` when the system refuses it, a full disk included."""
    try:
        yield
    except OSError as wrong:
        advice = "free some room" if wrong.errno in NO_ROOM else "name a writable directory"
        raise SettingsError(
            "RAPIDA_DATA_DIR", f"cannot use {str(data_dir)!r} ({wrong.strerror}); {advice}"
        ) from wrong


def _shown(default: object) -> str:
    if default is None or default == ():
        return ""
    return str(default).lower() if isinstance(default, bool) else str(default)
