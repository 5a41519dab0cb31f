"""A public name for one run, by a tunnel's own agent: `rapida serve --tunnel ngrok` or `cloudflared`.

The agent is the user's own, as it is installed. It is started for the port that will be served, says on its
output which name leads there, and ends with the server. What carriers were told before is changed only by
`--repoint-numbers`.
"""

from __future__ import annotations

import json
import queue
import re
import shutil
import subprocess
import threading
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO, Any, Final, cast
from urllib.parse import urlsplit

import structlog

from ..errors import ConfigurationError

NAMED_WITHIN_S: Final = 30.0
"""How long an agent may take to say its name: it signs in and asks for one, which takes a few seconds."""
ENDED_WITHIN_S: Final = 5.0
"""How long an agent that was told to end may take to close its connections."""
MOST_LINES: Final = 20
"""Of what an agent said before it failed, the last lines are told."""
_QUICK: Final = re.compile(r"https://[a-z0-9-]+\.trycloudflare\.com")

_log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class TunnelAgent:
    """An agent: how it is started for a port, the address in a line of its output, and where to get it."""

    command: Callable[[int], list[str]]
    address: Callable[[str], str]
    """A line → the public address that it tells; empty = none."""
    home: str


def _of_ngrok(line: str) -> str:
    """ngrok's agent logs a JSON object a line (https://ngrok.com/docs/agent/config/v3/)."""
    try:
        told: Any = json.loads(line)
    except ValueError:
        return ""
    if not isinstance(told, dict):
        return ""
    fields = cast("dict[str, Any]", told)
    return str(fields.get("url", "")) if fields.get("msg") == "started tunnel" else ""


def _of_cloudflared(line: str) -> str:
    """A quick tunnel's name stands in a box of its log
    (https://developers.cloudflare.com/cloudflare-one/connections/connect-networks/do-more-with-tunnels/trycloudflare/).
    """
    found = _QUICK.search(line)
    return found[0] if found else ""


AGENTS: Final = {
    "ngrok": TunnelAgent(
        lambda port: ["ngrok", "http", str(port), "--log=stdout", "--log-format=json"],
        _of_ngrok,
        "https://ngrok.com/download",
    ),
    "cloudflared": TunnelAgent(
        lambda port: ["cloudflared", "tunnel", "--no-autoupdate", "--url", f"http://127.0.0.1:{port}"],
        _of_cloudflared,
        "https://github.com/cloudflare/cloudflared/releases",
    ),
}


@contextmanager
def opened(name: str, port: int, named_within_s: float = NAMED_WITHIN_S) -> Generator[str]:
    """The public host that leads to a port of this machine while the block lasts.

    Raises `ConfigurationError` where there is no such agent, or where it does not say a name in time.
    """
    if name not in AGENTS:
        raise ConfigurationError(f"--tunnel {name!r}: there are {' and '.join(AGENTS)}")
    if not port:
        raise ConfigurationError("--tunnel needs a port that is known before: set RAPIDA_PORT")
    agent = AGENTS[name]
    if shutil.which(name) is None:
        raise ConfigurationError(f"{name} is not installed here, or not on the PATH: get it at {agent.home}")
    # In a session of its own: Ctrl-C is for us, and the calls in progress still need the tunnel.
    with subprocess.Popen(  # noqa: S603 - the user's own agent, by a command of ours
        agent.command(port),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        start_new_session=True,
    ) as running:
        try:
            yield _named(name, agent, running, named_within_s)
        finally:
            _end(running)


def _named(name: str, agent: TunnelAgent, running: subprocess.Popen[str], within_s: float) -> str:
    lines: queue.Queue[str | None] = queue.Queue()
    # It reads on to the end: an agent whose output nobody takes would stand still.
    reader = threading.Thread(target=_read, args=(name, cast("IO[str]", running.stdout), lines), daemon=True)
    reader.start()
    said: list[str] = []
    until_s = time.monotonic() + within_s
    while True:
        try:
            line = lines.get(timeout=max(0.0, until_s - time.monotonic()))
        except queue.Empty:
            silent = f"did not say a name within {within_s:g} s"
            raise ConfigurationError(_failed(name, silent, said)) from None
        if line is None:
            raise ConfigurationError(_failed(name, "ended before it had a name", said))
        if host := urlsplit(agent.address(line)).netloc:
            return host
        said.append(line.strip())


def _read(name: str, output: IO[str], lines: queue.Queue[str | None]) -> None:
    for line in output:
        lines.put(line)
    lines.put(None)
    _log.info("tunnel_ended", agent=name)


def _failed(name: str, how: str, said: list[str]) -> str:
    last = " / ".join(each for each in said[-MOST_LINES:] if each)
    return f"{name} {how}" + (f"; it said: {last[:1000]}" if last else "")


def _end(running: subprocess.Popen[str]) -> None:
    running.terminate()
    try:
        running.wait(ENDED_WITHIN_S)
    except subprocess.TimeoutExpired:
        running.kill()
