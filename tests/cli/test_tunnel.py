"""A tunnel's agent: what it is asked, the name that it says, and what is told when it says none."""

from __future__ import annotations

import json
import os
from contextlib import ExitStack
from pathlib import Path

import pytest
from typer.testing import CliRunner

from rapida.cli import app, serve
from rapida.cli.tunnel import AGENTS, opened
from rapida.errors import ConfigurationError
from rapida.node.carriers import Carriers
from rapida.node.node import Node
from rapida.settings import load
from rapida.workspace import number_repointing
from rapida.workspace.number_repointing import RepointedNumber

NGROK = [
    {"lvl": "info", "msg": "no configuration paths supplied", "t": "2026-11-30T20:00:00+0000"},
    {"addr": "127.0.0.1:4040", "lvl": "info", "msg": "starting web service", "obj": "web"},
    {"addr": "http://localhost:8080", "lvl": "info", "msg": "started tunnel", "name": "command_line",
     "obj": "tunnels", "url": "https://1a2b-203-0-113-7.ngrok-free.app"},
]  # fmt: skip
"""What ngrok's agent 3 logs as JSON."""
CLOUDFLARED = """\
2026-11-30T20:00:00Z INF Thank you for trying Cloudflare Tunnel: https://www.cloudflare.com/website-terms/
2026-11-30T20:00:00Z INF Requesting new quick Tunnel on trycloudflare.com...
2026-11-30T20:00:03Z INF |  Your quick Tunnel has been created! Visit it at (it may take some time):  |
2026-11-30T20:00:03Z INF |  https://calm-river-seven-lamps.trycloudflare.com                          |
"""


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder for agents, the only one in which any are looked for."""
    monkeypatch.setenv("PATH", f"{tmp_path}")
    return tmp_path


def agent(path: Path, name: str, output: str, then: str = "read nothing < stays") -> None:
    """An executable that notes what it was asked, prints what the real one prints, and stays."""
    os.mkfifo(path / "stays")
    (path / "output").write_text(output)
    script = path / name
    script.write_text(
        f'#!/bin/sh\ncd {path}\necho "$@" > asked\necho $$ > process\n'
        f'while IFS= read -r line; do printf "%s\\n" "$line" >&2; done < output\n'
        f"{then}\n"
    )
    script.chmod(0o755)


def is_there(path: Path) -> bool:
    try:
        os.kill(int((path / "process").read_text()), 0)
    except ProcessLookupError:
        return False
    return True


def test_ngrok_says_its_name_in_its_log_and_ends_with_the_block(path: Path) -> None:
    agent(path, "ngrok", "".join(json.dumps(line) + "\n" for line in NGROK))
    with opened("ngrok", 8080) as host:
        assert host == "1a2b-203-0-113-7.ngrok-free.app"
        assert (path / "asked").read_text().split() == ["http", "8080", "--log=stdout", "--log-format=json"]
    assert not is_there(path)


def test_cloudflared_says_its_name_in_a_box(path: Path) -> None:
    agent(path, "cloudflared", CLOUDFLARED)
    with opened("cloudflared", 9000) as host:
        assert host == "calm-river-seven-lamps.trycloudflare.com"
        assert (path / "asked").read_text().split()[-2:] == ["--url", "http://127.0.0.1:9000"]


def test_a_server_is_given_the_name_and_no_number_is_changed(
    path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(path)
    monkeypatch.setenv("PUBLIC_ASSISTANT_HOST", "calls.example.org")
    agent(path, "cloudflared", CLOUDFLARED)
    with ExitStack() as until_the_end:
        settings = serve._tunnelled(load(), "cloudflared", until_the_end, repoint_numbers=False)
        assert settings.public_host == "calm-river-seven-lamps.trycloudflare.com"
        assert is_there(path)
    assert not is_there(path)
    told = capsys.readouterr().err
    assert "cloudflared leads https://calm-river-seven-lamps.trycloudflare.com here" in told
    assert "No number was changed" in told


def test_an_agent_that_ends_is_quoted(path: Path) -> None:
    refusal = '{"err":"authentication failed: Usage of ngrok requires a verified account","lvl":"eror"}\n'
    agent(path, "ngrok", refusal, then="exit 1")
    with pytest.raises(ConfigurationError, match=r"ngrok ended before it had a name; it said: .*verified"):
        opened("ngrok", 8080).__enter__()


def test_an_agent_that_says_no_name_in_time_is_ended(path: Path) -> None:
    agent(path, "cloudflared", "2026-11-30T20:00:00Z INF Requesting new quick Tunnel...\n")
    with pytest.raises(ConfigurationError, match=r"did not say a name within 0\.5 s; it said: .*Requesting"):
        opened("cloudflared", 8080, named_within_s=0.5).__enter__()
    assert not is_there(path)


@pytest.mark.parametrize("name", AGENTS)
def test_an_agent_that_is_not_installed_is_named_with_where_to_get_it(path: Path, name: str) -> None:
    with pytest.raises(ConfigurationError, match=f"{name} is not installed.*https://"):
        opened(name, 8080).__enter__()


def test_what_no_tunnel_can_be_is_refused(path: Path) -> None:
    with pytest.raises(ConfigurationError, match="there are ngrok and cloudflared"):
        opened("frp", 8080).__enter__()
    with pytest.raises(ConfigurationError, match="set RAPIDA_PORT"):
        opened("ngrok", 0).__enter__()


def test_numbers_are_pointed_here_when_that_is_asked_for_and_each_is_told(
    path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    asked: list[str | None] = []

    async def repoint(node: Node, carriers: Carriers) -> list[RepointedNumber]:
        asked.append(node.addresses.public)
        return [RepointedNumber("+14155550100"), RepointedNumber("+14155550101", "the token is refused")]

    monkeypatch.setattr(number_repointing, "repoint", repoint)
    monkeypatch.chdir(path)
    monkeypatch.setenv("PUBLIC_ASSISTANT_HOST", "calls.example.org")
    agent(path, "cloudflared", CLOUDFLARED)
    with ExitStack() as until_the_end:
        serve._tunnelled(load(), "cloudflared", until_the_end, repoint_numbers=True)
    assert asked == ["calm-river-seven-lamps.trycloudflare.com"]
    told = capsys.readouterr().err
    assert "+14155550100 leads here now" in told
    assert "+14155550101 could not be pointed here: the token is refused" in told


def test_without_a_tunnel_there_is_no_new_name_to_point_to(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    told = CliRunner().invoke(app, ["serve", "--repoint-numbers"])
    assert (told.exit_code, "goes with --tunnel" in told.stderr) == (1, True)
