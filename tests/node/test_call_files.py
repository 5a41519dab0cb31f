"""The files of calls, wherever they are kept: in a directory, and in a real S3 server."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from rapida.errors import ProviderUnavailable
from rapida.node.call_files import CallFiles, DirectoryFiles, ObjectFiles, kept_names, open_files
from rapida.settings import Settings
from tests.doubles.s3_double import BUCKET, environment, s3_server

KINDS = ("directory", "s3")


@pytest.fixture(scope="module")
def s3() -> Iterator[str]:
    """Where an S3 server answers that has our bucket."""
    with s3_server() as url:
        yield url


@dataclass
class Installation:
    """An installation's files, as each of its servers has them."""

    settings: Settings
    shared: bool
    """Whether servers with data directories of their own read each other's."""

    def server(self, name: str) -> CallFiles:
        data_dir = self.settings.data_dir / (name if self.shared else "")
        made = open_files(replace(self.settings, data_dir=data_dir))
        data_dir.mkdir(exist_ok=True)
        made.paths.make()
        return made


@pytest.fixture(params=KINDS)
def installation(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Installation:
    if request.param == "directory":
        return Installation(Settings(data_dir=tmp_path), shared=False)
    for name, value in environment(request.getfixturevalue("s3")).items():
        monkeypatch.setenv(name, value)
    return Installation(Settings(data_dir=tmp_path, files_url=f"s3://{BUCKET}/{tmp_path.name}"), shared=True)


async def written(
    files: CallFiles, conversation_id: int = 7, sound: bytes = b"RIFF" * 1000
) -> tuple[str, str]:
    files.paths.journal(conversation_id).write_bytes(b'{"head": 1}\n')
    files.paths.recording(conversation_id).write_bytes(sound)
    names = kept_names(files.paths, conversation_id)
    for name in names:
        await files.keep(name)
    return names


async def test_what_was_kept_is_read_on_every_server_and_erased_on_all(installation: Installation) -> None:
    first, second = installation.server("first"), installation.server("second")
    journal, recording = await written(first)
    for server in (first, second):
        path = await server.here(recording)
        assert path.read_bytes() == b"RIFF" * 1000
        assert await server.here(recording) == path, "it is fetched once"
        assert (await server.here(journal)).read_bytes() == b'{"head": 1}\n'
    await written(first, 8)
    await second.erase([7, 9])
    await first.forget([7, 9])
    for server in (first, second):
        for name in (journal, recording):
            with pytest.raises(FileNotFoundError):
                await server.here(name)
        assert (await server.here("recordings/8.wav")).is_file()


async def test_a_name_that_leads_elsewhere_is_no_file(installation: Installation) -> None:
    server = installation.server("first")
    (installation.settings.data_dir / "master.key").write_text("secret")
    for name in ("../master.key", "recordings/../../master.key", "/etc/hostname", "recordings/1.wav"):
        with pytest.raises(FileNotFoundError):
            await server.here(name)


@pytest.mark.parametrize("installation", ["s3"], indirect=True)
async def test_a_file_leaves_the_server_and_its_copy_is_for_its_owner_and_for_an_hour(
    installation: Installation,
) -> None:
    server = installation.server("first")
    _, recording = await written(server)
    assert not server.paths.recording(7).exists()
    copy = await server.here(recording)
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    on_another = await installation.server("second").here(recording)
    assert copy.stat().st_mtime == on_another.stat().st_mtime, "servers agree on when it was written"
    server.tidy()
    assert copy.exists()
    with pytest.MonkeyPatch.context() as later:
        later.setattr("rapida.node.call_files.time.time", lambda: copy.stat().st_atime + 3601)
        server.tidy()
    assert not copy.exists()


async def test_while_the_store_is_away_the_file_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "ours")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "a-secret")
    monkeypatch.setattr("rapida.node.call_files.RETRIES", {"max_retries": 0})
    files = open_files(Settings(data_dir=tmp_path, files_url=f"s3://{BUCKET}"))
    files.paths.make()
    with pytest.raises(ProviderUnavailable) as away:
        await written(files)
    assert "secret" not in str(away.value)
    assert files.paths.journal(7).exists()
    with pytest.raises(ProviderUnavailable):
        await files.erase([7])
    with pytest.raises(ProviderUnavailable):
        await files.here("recordings/8.wav")
    assert isinstance(files, ObjectFiles)
    assert isinstance(open_files(Settings(data_dir=tmp_path)), DirectoryFiles)
