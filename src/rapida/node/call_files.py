"""Where recordings and journals of calls are kept, behind one small port: a directory, or an object store.

Calls always write into the data directory, so that no call waits for a network. With an object store a file
moves there when its call is over (`switchboard/keeping.py`), and is fetched back to be read. Names are
relative to the data directory, as the database has them.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Iterable
from datetime import timedelta
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Final, Protocol

from ..errors import ExtraMissing, ProviderUnavailable
from ..settings import Settings
from .files import Paths

if TYPE_CHECKING:
    from obstore.store import S3Store

FETCHED: Final = "fetched"
"""The folder of the data directory for copies of what is in the object store."""
FETCHED_FOR: Final = timedelta(hours=1)
"""How long such a copy is kept: a page that plays a recording asks for it dozens of times."""
WITHIN_S: Final = "60s"
"""How long the store may take for one request: a recording of an hour is 115 MB."""
RETRIES: Final[dict[str, Any]] = {"max_retries": 3}
"""A request is made again so often, which bridges a second: what fails for longer is tried anew later."""
NAME: Final = "s3"


class CallFiles(Protocol):
    """The files that calls leave."""

    moves: ClassVar[bool]
    """Whether `keep` moves files elsewhere; else there is nothing to be done when a call is over."""
    paths: Paths
    """Where this server's calls write."""

    async def here(self, name: str) -> Path:
        """A file on this machine, fetched if it must be.

        Raises `FileNotFoundError` where there is none, and `ProviderUnavailable`.
        """
        ...

    async def keep(self, name: str) -> None:
        """Put a finished file where it is to stay. Raises `ProviderUnavailable`, and it is here still."""
        ...

    async def erase(self, conversation_ids: Iterable[int]) -> None:
        """Delete all files of some conversations, wherever they are kept. Raises `ProviderUnavailable`."""
        ...

    async def forget(self, conversation_ids: Iterable[int]) -> None:
        """Delete what this machine alone has of conversations that were erased on another."""
        ...

    def tidy(self) -> None:
        """Delete copies that nobody has read for long."""
        ...


class DirectoryFiles:
    """`CallFiles` that stay in the data directory of the server that held the call."""

    moves: ClassVar[bool] = False

    def __init__(self, paths: Paths) -> None:
        self.paths = paths

    async def here(self, name: str) -> Path:
        return await asyncio.to_thread(_found, self.paths.data_dir, name)

    async def keep(self, name: str) -> None:
        """It stays where it was written."""

    async def erase(self, conversation_ids: Iterable[int]) -> None:
        await asyncio.to_thread(_unlink, chain.from_iterable(map(self.paths.of, conversation_ids)))

    async def forget(self, conversation_ids: Iterable[int]) -> None:
        await self.erase(conversation_ids)

    def tidy(self) -> None:
        """There are no copies."""


class ObjectFiles:
    """`CallFiles` in an S3-compatible store, which every server of the installation reads."""

    moves: ClassVar[bool] = True

    def __init__(self, paths: Paths, store: S3Store) -> None:
        self.paths = paths
        self._fetched = Paths(paths.data_dir / FETCHED)
        self._store = store

    async def here(self, name: str) -> Path:
        for folder in (self.paths, self._fetched):
            try:
                return await asyncio.to_thread(_found, folder.data_dir, name)
            except FileNotFoundError:
                continue
        return await asyncio.to_thread(self._fetch, name)

    def _fetch(self, name: str) -> Path:
        """Blocks until it is here."""
        from obstore.exceptions import BaseError  # noqa: PLC0415 - an extra's

        path = _within(self._fetched.data_dir, name)
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        half = path.with_suffix(f".{os.getpid()}.{time.monotonic_ns()}")
        try:
            found = self._store.get(name)
            with os.fdopen(os.open(half, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as file:
                for part in found.stream():
                    file.write(part)
        except FileNotFoundError:
            raise
        except BaseError as failed:
            half.unlink(missing_ok=True)
            raise _away(failed) from failed
        # Written when it was kept, so that servers agree; read now.
        os.utime(half, (time.time(), found.meta["last_modified"].timestamp()))
        half.replace(path)
        return path

    async def keep(self, name: str) -> None:
        from obstore.exceptions import BaseError  # noqa: PLC0415 - an extra's

        path = _within(self.paths.data_dir, name)
        try:
            await self._store.put_async(name, path)
        except BaseError as failed:
            raise _away(failed) from failed
        await asyncio.to_thread(path.unlink, missing_ok=True)

    async def erase(self, conversation_ids: Iterable[int]) -> None:
        from obstore.exceptions import BaseError  # noqa: PLC0415 - an extra's

        wanted = list(conversation_ids)
        names = [name for each in wanted for name in kept_names(self.paths, each)]
        try:
            await self._store.delete_async(names)
        except FileNotFoundError:
            pass
        except BaseError as failed:
            raise _away(failed) from failed
        await self.forget(wanted)

    async def forget(self, conversation_ids: Iterable[int]) -> None:
        wanted = list(conversation_ids)
        files = [
            file for folder in (self.paths, self._fetched) for each in wanted for file in folder.of(each)
        ]
        await asyncio.to_thread(_unlink, files)

    def tidy(self) -> None:
        oldest = time.time() - FETCHED_FOR.total_seconds()
        for file in self._fetched.data_dir.glob("*/*"):
            if file.stat().st_atime < oldest:
                file.unlink(missing_ok=True)


def kept_names(paths: Paths, conversation_id: int) -> tuple[str, str]:
    """The names of a conversation's journal and recording."""
    files = paths.journal(conversation_id), paths.recording(conversation_id)
    return paths.relative(files[0]), paths.relative(files[1])


def open_files(settings: Settings) -> CallFiles:
    """As the settings say. Raises `ExtraMissing`, and `SettingsError` for what the store cannot be."""
    paths = Paths(settings.data_dir)
    if settings.files_url is None:
        return DirectoryFiles(paths)
    try:
        from obstore.store import S3Store  # noqa: PLC0415 - an extra's
    except ImportError as absent:
        raise ExtraMissing("file store", NAME, NAME, "obstore") from absent
    # Whether it is asked over TLS, its address says (AWS_ENDPOINT_URL): it may be on this network.
    options: Any = {"client_options": {"allow_http": True, "timeout": WITHIN_S}, "retry_config": RETRIES}
    store = S3Store.from_url(settings.files_url, **options)
    return ObjectFiles(paths, store)


def _found(folder: Path, name: str) -> Path:
    path = _within(folder, name)
    if not path.is_file():
        raise FileNotFoundError(name)
    return path


def _within(folder: Path, name: str) -> Path:
    path = (folder / name).resolve()
    if not path.is_relative_to(folder.resolve()):
        raise FileNotFoundError(name)
    return path


def _unlink(files: Iterable[Path]) -> None:
    for file in files:
        file.unlink(missing_ok=True)


def _away(failed: Exception) -> ProviderUnavailable:
    # The rest of what it says may hold an address with a signature.
    return ProviderUnavailable(NAME, f"the file store does not do it ({type(failed).__name__})")
