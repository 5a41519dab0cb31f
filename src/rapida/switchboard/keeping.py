"""Finished recordings and journals, moved to where they are to stay by the server that held their calls.

A file is finished when its conversation is over and nobody has written to it for a while. What the file store
cannot take now stays here, is read here, and is tried again.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

import structlog

from ..errors import ProviderError, StoreError
from ..node.call_files import CallFiles
from ..node.node import Node
from ..recurring import Recurring
from ..store import erasing

LOOK_S: Final = 15.0
"""How often a server looks for finished files: who reads a call on another server waits that long."""
SETTLED_S: Final = 30.0
"""Nobody has written to a finished file for so long: a journal's last lines come within a second of its
call's end, and a call that only seemed to be over is written every 20 ms."""
AT_ONCE: Final = 100
"""Files that the database is asked about in one go."""
_log = structlog.get_logger(__name__)


async def run(node: Node, files: CallFiles) -> None:
    """Look now and then, until cancelled."""
    recurring = Recurring()
    while files.moves:
        try:
            await keep_finished(node, files)
            await asyncio.to_thread(files.tidy)
        except (ProviderError, StoreError) as away:
            if recurring.worth("away") is not None:
                _log.warning("files_wait", reason=str(away))
        await asyncio.sleep(LOOK_S)
    await asyncio.Event().wait()


async def keep_finished(node: Node, files: CallFiles, settled_s: float = SETTLED_S) -> int:
    """Move what is finished; how many files that were. Raises `ProviderUnavailable` and `StoreError`."""
    written = await asyncio.to_thread(_settled, files, settled_s)
    return sum([await _keep(node, files, each) for each in _batched(written, AT_ONCE)])


async def _keep(node: Node, files: CallFiles, written: Sequence[Path]) -> int:
    async with node.store.read() as tx:
        over = await erasing.over(tx, {_conversation(each) for each in written})
    moved = [each for each in written if _conversation(each) in over]
    for each in moved:
        await files.keep(files.paths.relative(each))
    async with node.store.read() as tx:
        left = await erasing.over(tx, {_conversation(each) for each in moved})
    # Erased while it was on its way: whoever erased it may have looked before it was there.
    if gone := {_conversation(each) for each in moved} - left:
        await files.erase(gone)
    return len(moved)


def _settled(files: CallFiles, settled_s: float) -> list[Path]:
    before = time.time() - settled_s
    folders = ((files.paths.recordings, "*.wav"), (files.paths.data_dir / "journals", "*.jsonl"))
    found = [each for folder, pattern in folders for each in folder.glob(pattern) if each.stem.isdecimal()]
    return [each for each in sorted(found) if each.stat().st_mtime < before]


def _batched(files: list[Path], size: int) -> Iterator[list[Path]]:
    """Some at a time."""
    for first in range(0, len(files), size):
        yield files[first : first + size]


def _conversation(file: Path) -> int:
    return int(file.stem)
