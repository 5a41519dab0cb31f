"""Where the servers of a data directory answer, so that other commands on this machine find them.

Each server has a file of its own, and holds a lock on it for as long as it lives, however it ends: a file
that nobody locks is a dead server's, and counts for nothing. Of several the one started last is found.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path

from ..settings import Settings, writing_into

FOLDER = "addresses"


@contextmanager
def noted(settings: Settings, port: int) -> Generator[None]:
    """Let others find the server that answers on `port` while the block lasts. Raises `SettingsError`."""
    folder = settings.data_dir / FOLDER
    with writing_into(settings.data_dir):
        folder.mkdir(mode=0o700, exist_ok=True)
        _forget_the_dead(folder)
        path = folder / str(os.getpid())
        file = path.open("a", encoding="ascii")
    with file:
        with writing_into(settings.data_dir):
            with suppress(OSError):  # a file system without locks
                fcntl.flock(file, fcntl.LOCK_EX)
            file.truncate(0)
            file.write(f"{settings.address(port)}\n")
            file.flush()
        try:
            yield
        finally:
            path.unlink(missing_ok=True)


def find(settings: Settings) -> str:
    """Where a server of this data directory answers, as `host:port`; where none is noted, where it would."""
    return running(settings) or settings.address(settings.port)


def running(settings: Settings) -> str:
    """Where a server of this data directory answers, as `host:port`; empty = none is noted."""
    found = sorted(_living(settings.data_dir / FOLDER), key=_age, reverse=True)
    for path in found:
        with suppress(OSError):
            if address := path.read_text(encoding="ascii").strip():
                return address
    return ""


def _living(folder: Path) -> list[Path]:
    with suppress(OSError):
        return [path for path in folder.iterdir() if _is_held(path)]
    return []


def _age(path: Path) -> float:
    with suppress(OSError):
        return path.stat().st_mtime
    return 0.0


def _is_held(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return path.exists()  # no locks here: it is believed
    return False


def _forget_the_dead(folder: Path) -> None:
    for path in folder.iterdir():
        # An empty one belongs to a server that is just locking it.
        if path.stat().st_size and not _is_held(path):
            path.unlink(missing_ok=True)
