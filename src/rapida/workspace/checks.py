"""Why a call does not come through: facts about an installation in, one finding for each station out.

Gathering the facts is its asker's affair (`cli/doctor.py`, `public_name.py`). Here they are only judged, one
line of the table a station, in the order in which a call passes them. What an earlier fault makes unknowable
is skipped. What one assistant's line needs beyond that is in `phone_checks.py`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal

from .public_name import PublicNameFacts

LEAST_FREE_BYTES: Final = 200 * 1024 * 1024
"""Some three hours of stereo recordings: with less, calls soon leave none."""
MOST_SKEW_S: Final = 60.0
"""A clock that is further off tells wrong times of calls, and refuses certificates that have just begun."""

State = Literal["good", "fault", "skipped"]


@dataclass(frozen=True, kw_only=True)
class InstallationFacts(PublicNameFacts):
    """What was found. Errors are sentences, empty where there is none; None = it was not looked at."""

    settings_error: str = ""
    data_dir_error: str = ""
    free_bytes: int = LEAST_FREE_BYTES
    database_error: str = ""
    schema_current: bool | None = True
    """False = no server of this version has prepared it."""
    vault_error: str = ""
    server: str = ""
    """Where a server of this directory answers, as `host:port`."""
    ready_status: int | None = 200
    """Its `/health/ready`; None = nobody answers there."""


@dataclass(frozen=True)
class StationFinding:
    """One station. `fix` is empty unless it is a fault."""

    name: str
    state: State
    sentence: str
    fix: str = ""
    about: str = ""
    """Which of several it is about: an assistant's name, a telephone number, a credential."""


Verdict = tuple[str, str] | str | None
"""(what is wrong, what to do) · what is right · None = it cannot be known."""


def examined(facts: InstallationFacts) -> list[StationFinding]:
    """Every station, in the order of the table."""
    return [finding(name, check(facts)) for name, check in STATIONS.items()]


def examined_way(facts: PublicNameFacts) -> list[StationFinding]:
    """The stations from the public name to this server, for one who asks from within."""
    return [finding(name, check(facts)) for name, check in WAY.items()]


def finding(name: str, verdict: Verdict, about: str = "") -> StationFinding:
    """A station as it was judged."""
    if verdict is None:
        return StationFinding(name, "skipped", "not looked at: mend what stands above first", about=about)
    if isinstance(verdict, str):
        return StationFinding(name, "good", verdict, about=about)
    return StationFinding(name, "fault", *verdict, about=about)


def _settings(facts: InstallationFacts) -> Verdict:
    if facts.settings_error:
        return facts.settings_error, "correct it in the environment or in .env, and start again"
    return "every setting can be read"


def _data_dir(facts: InstallationFacts) -> Verdict:
    if facts.settings_error:
        return None
    if facts.data_dir_error:
        return facts.data_dir_error, "give the directory to the user that runs the server, with mode 0700"
    return "the data directory is ours and can be written"


def _disk(facts: InstallationFacts) -> Verdict:
    if facts.settings_error or facts.data_dir_error:
        return None
    free = f"{facts.free_bytes / 1024**3:.1f} GiB are free on its disk"
    if facts.free_bytes < LEAST_FREE_BYTES:
        return free, "make room, or move RAPIDA_DATA_DIR: without room nothing is recorded or saved"
    return free


def _database(facts: InstallationFacts) -> Verdict:
    if facts.settings_error or facts.data_dir_error:
        return None
    if facts.database_error:
        return facts.database_error, "see that it runs, and that RAPIDA_DATABASE_URL names it"
    if not facts.schema_current:
        return "no server of this version has prepared the database", "start `rapida serve` once"
    return "the database answers, and is of this version"


def _keys(facts: InstallationFacts) -> Verdict:
    if _database(facts) is None or facts.database_error or not facts.schema_current:
        return None
    if facts.vault_error:
        return facts.vault_error, "put the right key into RAPIDA_MASTER_KEY, or the file `master.key` back"
    return "the key opens what is sealed"


def _server(facts: InstallationFacts) -> Verdict:
    if facts.settings_error:
        return None
    if facts.ready_status is None:
        return f"no server answers at {facts.server}", "start it with `rapida serve` in this directory"
    if facts.ready_status != 200:
        return (
            f"the server at {facts.server} is not ready",
            "it is ending, or its database is away: see its log",
        )
    return f"a server answers at {facts.server} and is ready"


def _public_host(facts: PublicNameFacts) -> Verdict:
    if facts.public_host is None:
        return (
            "PUBLIC_ASSISTANT_HOST is not set, so that no carrier is answered",
            "set it to the server's public host name, or run `rapida serve --tunnel cloudflared`",
        )
    return f"carriers know us as {facts.public_host}"


def _dns(facts: PublicNameFacts) -> Verdict:
    if facts.public_host is None:
        return None
    if facts.resolve_error:
        fix = "correct the name's spelling, or give it an address at your DNS provider"
        return f"{facts.public_host} has no address: {facts.resolve_error}", fix
    return f"{facts.public_host} has an address"


def _tls(facts: PublicNameFacts) -> Verdict:
    if facts.public_host is None or facts.resolve_error:
        return None
    if facts.public_error:
        fix = "see that the tunnel or proxy runs, on port 443, with a certificate for this name"
        return f"https://{facts.public_host} cannot be asked: {facts.public_error}", fix
    return "it answers by HTTPS, with a certificate that is trusted"


def _path(facts: PublicNameFacts) -> Verdict:
    if _tls(facts) is None or facts.public_error:
        return None
    if facts.public_status != 200:
        fix = "let the tunnel or proxy lead to this server and keep path and Host as they are"
        return f"behind the public name /health/live answers {facts.public_status} in place of 200", fix
    return "the public name leads to a server of ours"


def _socket(facts: PublicNameFacts) -> Verdict:
    if _path(facts) is None or facts.public_status != 200:
        return None
    if facts.upgrade_status != 403:
        fix = "let the proxy pass WebSocket upgrades on: the headers Upgrade and Connection, by HTTP/1.1"
        told = facts.upgrade_status or "nothing"
        return f"a media socket is answered {told} in place of our refusal, 403", fix
    return "media sockets reach us, and an unsigned one is refused"


def _clock(facts: PublicNameFacts) -> Verdict:
    if facts.skew_s is None:
        return None
    if abs(facts.skew_s) > MOST_SKEW_S:
        way = "ahead" if facts.skew_s > 0 else "behind"
        return (
            f"this machine's clock is {abs(facts.skew_s):.0f} s {way}",
            "let NTP set it: `timedatectl set-ntp true`",
        )
    return "the clock is right"


def _once_readable(check: Callable[[PublicNameFacts], Verdict]) -> Callable[[InstallationFacts], Verdict]:
    """The name is a setting, so that nothing is known of it before all can be read."""
    return lambda facts: None if facts.settings_error else check(facts)


WAY: Final[dict[str, Callable[[PublicNameFacts], Verdict]]] = {
    "public host": _public_host,
    "DNS": _dns,
    "TLS": _tls,
    "public path": _path,
    "socket": _socket,
    "clock": _clock,
}
STATIONS: Final[dict[str, Callable[[InstallationFacts], Verdict]]] = {
    "settings": _settings,
    "data directory": _data_dir,
    "disk": _disk,
    "database": _database,
    "keys": _keys,
    "server": _server,
    **{name: _once_readable(check) for name, check in WAY.items()},
}
