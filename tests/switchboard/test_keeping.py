"""Files on their way to the file store: when they are finished, once, and not after they were erased."""

from __future__ import annotations

from pathlib import Path

import pytest
from obstore.store import MemoryStore
from structlog.testing import capture_logs

from rapida.errors import ProviderUnavailable
from rapida.node.call_files import DirectoryFiles, ObjectFiles
from rapida.node.files import Paths
from rapida.store import contexts, conversations
from rapida.switchboard import erasing, keeping
from rapida.switchboard.keeping import keep_finished
from tests.switchboard.ready_node import ReadyNode, context_of
from tests.workspace.actors import an_actor

DATABASES = ("sqlite",)


@pytest.fixture
def files(tmp_path: Path) -> ObjectFiles:
    made = ObjectFiles(Paths(tmp_path), MemoryStore())  # pyright: ignore[reportArgumentType] - it speaks the same
    made.paths.make()
    return made


async def call(ready: ReadyNode, files: ObjectFiles, number: int, *, over: bool = True) -> int:
    """A conversation with its files."""
    context_id = context_of(await ready.rings(CallSid=f"CA{number:032d}"))
    async with ready.node.store.write() as tx:
        context = await contexts.find(tx, context_id)
        assert context is not None
        if over:
            await conversations.end(tx, context.conversation_id, "caller_hangup", ready.clock.now)
    files.paths.recording(context.conversation_id).write_bytes(b"RIFF")
    files.paths.journal(context.conversation_id).write_bytes(b"{}\n")
    return context.conversation_id


async def test_only_what_is_over_and_settled_moves_and_can_be_read_as_before(
    ready: ReadyNode, files: ObjectFiles
) -> None:
    ended = await call(ready, files, 1)
    goes_on = await call(ready, files, 2, over=False)
    (files.paths.recordings / f"{ended}.peaks.json").touch()
    assert await keep_finished(ready.node, files, settled_s=3600) == 0
    assert await keep_finished(ready.node, files, settled_s=-1) == 2
    assert await keep_finished(ready.node, files, settled_s=-1) == 0
    assert not files.paths.recording(ended).exists()
    assert (await files.here(f"recordings/{ended}.wav")).read_bytes() == b"RIFF"
    assert (await files.here(f"recordings/{goes_on}.wav")) == files.paths.recording(goes_on)
    stays = DirectoryFiles(files.paths)
    await call(ready, files, 3)
    assert await keep_finished(ready.node, stays, settled_s=-1) == 2
    assert len(list(files.paths.recordings.glob("*.wav"))) == 2


async def test_what_was_erased_is_nowhere_also_if_it_was_just_on_its_way(
    ready: ReadyNode, files: ObjectFiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    actor = await an_actor(ready)
    kept, moving = await call(ready, files, 1), await call(ready, files, 2)
    await files.keep(f"recordings/{kept}.wav")
    await files.here(f"recordings/{kept}.wav")
    await erasing.erase(ready.node, actor, kept, files)
    keep = files.keep

    async def meanwhile(name: str) -> None:
        monkeypatch.setattr(files, "keep", keep)
        elsewhere = ObjectFiles(Paths(files.paths.data_dir / "another server"), files._store)
        await erasing.erase(ready.node, actor, moving, elsewhere)
        await keep(name)

    monkeypatch.setattr(files, "keep", meanwhile)
    assert await keep_finished(ready.node, files, settled_s=-1) == 2
    for number in (kept, moving):
        for name in (f"recordings/{number}.wav", f"journals/{number}.jsonl"):
            with pytest.raises(FileNotFoundError):
                await files.here(name)


async def test_while_the_store_is_away_it_is_said_once_and_nothing_is_lost(
    ready: ReadyNode, files: ObjectFiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    ended = await call(ready, files, 1)
    tries = 0

    async def away(name: str) -> None:
        nonlocal tries
        tries += 1
        if tries == 3:
            raise AssertionError("enough")
        raise ProviderUnavailable("s3", "away")

    monkeypatch.setattr(files, "keep", away)
    monkeypatch.setattr(keeping, "LOOK_S", 0.0)
    monkeypatch.setattr(keeping, "_settled", lambda files, settled_s: [files.paths.recording(ended)])
    with capture_logs() as logged, pytest.raises(AssertionError, match="enough"):
        await keeping.run(ready.node, files)
    assert [each["event"] for each in logged] == ["files_wait"]
    assert files.paths.recording(ended).exists()
