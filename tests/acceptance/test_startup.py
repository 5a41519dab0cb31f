"""A server that cannot do what it was told does not start, and says what to write instead."""

from __future__ import annotations

import asyncio
import socket
from pathlib import Path

import numpy as np
import pytest

from rapida import app
from rapida.audio.wav import Format, header
from rapida.errors import ConfigurationError
from rapida.settings import Settings
from rapida.simulator.twilio.script import AfterAgent, HangUp, Step

from .process import start
from .server import assistant, opened


async def refused(data_dir: Path, **environment: str) -> str:
    """What a server says that does not start."""
    process = await start(data_dir, **environment)
    async with asyncio.timeout(120):
        out, _ = await process.communicate()
    assert process.returncode == 1
    assert "Traceback" not in out.decode()
    return out.decode()


async def test_a_wrong_host_or_a_taken_port_ends_the_start_with_the_right_spelling(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        wrong_host, taken_port = await asyncio.gather(
            refused(tmp_path / "one", PUBLIC_ASSISTANT_HOST="https://voice.example.com/path"),
            refused(tmp_path / "two", RAPIDA_PORT=str(port)),
        )
    assert "write PUBLIC_ASSISTANT_HOST=voice.example.com" in wrong_host
    assert not (tmp_path / "one").exists()
    assert f"cannot listen on 127.0.0.1:{port}" in taken_port


async def test_an_error_of_whoever_uses_the_server_comes_out_as_it_is(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path / "data", host="127.0.0.1", port=0)
    with pytest.raises(ConfigurationError, match="as it is"):
        async with app.running(settings, drain_s=0.0):
            raise ConfigurationError("as it is")


async def test_a_recording_that_a_crash_left_open_is_whole_after_the_next_start(tmp_path: Path) -> None:
    async with opened(tmp_path / "data") as server:
        report = await server.ring(await server.install(assistant()), Step(AfterAgent(100), HangUp()))
        kept = await server.kept_of(report)
    before, _ = kept.sound()
    path = kept.data_dir / kept.recordings[0].path
    whole = path.read_bytes()
    path.write_bytes(header(Format(channels=2), 0) + whole[len(header(Format(channels=2), 0)) :] + b"\x01")
    async with opened(tmp_path / "data"):
        after, _ = kept.sound()
    assert np.array_equal(before, after)


async def test_counters_that_others_keep_are_shown_from_the_start(tmp_path: Path) -> None:
    """A counter that only appears with its first event cannot be alerted on when it first moves."""
    settings = Settings(data_dir=tmp_path / "data", host="127.0.0.1", port=0)
    async with app.running(settings, drain_s=0.0) as rapida:
        shown = rapida.metrics.render().decode().splitlines()
    for name in ("vad_windows_dropped", "sockets_opened", "sockets_abandoned", "transcriptions_refused"):
        assert f"rapida_{name}_total 0.0" in shown
