"""A server that cannot do what it was told does not start, and says what to write instead."""

from __future__ import annotations

import asyncio
import socket
from pathlib import Path

import pytest

from rapida import app
from rapida.errors import ConfigurationError
from rapida.settings import Settings

from .process import start


@pytest.mark.parametrize(
    ("environment", "told"),
    [
        (
            {"PUBLIC_ASSISTANT_HOST": "https://voice.example.com/path"},
            "write PUBLIC_ASSISTANT_HOST=voice.example.com",
        ),
        ({"PUBLIC_ASSISTANT_HOST": "voice example.com"}, "write PUBLIC_ASSISTANT_HOST=voiceexample.com"),
        ({"RAPIDA_PORT": "taken"}, "'taken' is not a port"),
    ],
)
async def test_a_wrong_setting_ends_the_start_with_the_right_spelling(
    tmp_path: Path, environment: dict[str, str], told: str
) -> None:
    process = await start(tmp_path / "data", **environment)
    async with asyncio.timeout(30):
        out, _ = await process.communicate()
    assert process.returncode == 1
    assert told in out.decode()
    assert "Traceback" not in out.decode()
    assert not (tmp_path / "data").exists()


async def test_a_taken_port_is_named(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        process = await start(tmp_path / "data", RAPIDA_PORT=str(port))
        async with asyncio.timeout(30):
            out, _ = await process.communicate()
    assert process.returncode == 1
    assert f"cannot listen on 127.0.0.1:{port}" in out.decode()
    assert "Traceback" not in out.decode()


async def test_an_error_of_whoever_uses_the_server_comes_out_as_it_is(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path / "data", host="127.0.0.1", port=0)
    with pytest.raises(ConfigurationError, match="as it is"):
        async with app.running(settings, drain_s=0.0):
            raise ConfigurationError("as it is")
