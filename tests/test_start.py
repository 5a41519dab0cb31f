"""A stranger follows docs/start.md to the end of a call in and a call out.

Every command, body and table is run as the page has it, read from the page. Only ports differ, and a person's
part is played: what the page says to take out of an answer is taken out of it.
"""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

ROOT = Path(__file__).resolve().parent.parent
PAGE = (ROOT / "docs" / "start.md").read_text(encoding="utf-8")
OURS = Path(sys.executable).parent
ELSEWHERE = {
    "git clone <this repository> rapida && cd rapida": "a copy of the repository is where tests run",
    "make demo": "tests/cli/test_demo.py runs what it runs, tests/test_makefile.py how it gets there",
}
"""The commands that this test does not type, and why not."""
TAKEN = re.compile(r"export (\w+)=\.\.\.\s+# ([\w.]+) of the answer")
RINGS = 4
WITHIN_S = 300.0
"""Long enough for a machine that is busy with other things; a command that hangs ends the test."""


@dataclass(frozen=True)
class Fence:
    """A block of the page: what kind it says it is, and its text."""

    kind: str
    text: str


def fences(page: str) -> list[Fence]:
    return [Fence(*found) for found in re.findall(r"^```(\w*)\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)]


def table(page: str, first: str) -> list[list[str]]:
    """The rows of the table that begins with the column `first`, without its head."""
    lines = page[page.index(f"| {first} |") :].split("\n\n", maxsplit=1)[0].splitlines()[2:]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def a_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@dataclass
class Stranger:
    """Somebody with a shell, who types what the page says."""

    folder: Path
    ports: dict[str, str]
    environment: dict[str, str]
    printed: str = ""
    answers: list[Any] = field(default_factory=list)

    def adapted(self, text: str) -> str:
        for written, real in self.ports.items():
            text = re.sub(rf"\b{written}\b", real, text)
        return text

    def types(self, text: str) -> None:
        """A block, line by line as far as a shell needs it; variables are taken out of the last answer."""
        part = ""
        for line in text.splitlines(keepends=True):
            if line.strip() in ELSEWHERE:
                continue
            if found := TAKEN.match(line):
                self.run(part)
                part = ""
                value = self.answers[-1]
                for step in found[2].split("."):
                    value = value[int(step) if step.isdigit() else step]
                self.environment[found[1]] = str(value)
            elif found := re.match(r"export (\w+)=(\S+)$", line):
                self.environment[found[1]] = found[2]
            else:
                part += line
        self.run(part)

    def run(self, text: str) -> None:
        if not text.strip():
            return
        # A carrier waits for seconds only; on a machine that is busy with other things one rings again.
        for _ in range(RINGS if ".venv/bin/rapida " in text else 1):
            done = subprocess.run(
                ["bash", "-euo", "pipefail", "-c", self.adapted(text)],
                cwd=self.folder,
                env=self.environment,
                capture_output=True,
                text=True,
                timeout=WITHIN_S,
                check=False,
            )
            if done.returncode == 0:
                break
        self.printed = done.stdout
        assert done.returncode == 0, f"{text}\n{done.stdout}\n{done.stderr}"
        if "curl " in text:
            self._read(done.stdout, text)

    def _read(self, answers: str, text: str) -> None:
        """Every request's answer, none of which may be a refusal."""
        decoder, at = json.JSONDecoder(), 0
        while at < len(answers):
            answer, at = decoder.raw_decode(answers, at)
            assert not (isinstance(answer, dict) and {"code", "detail"} <= answer.keys()), f"{text}\n{answer}"
            self.answers.append(answer)

    @contextmanager
    def terminal(self, text: str) -> Iterator[None]:
        """A command that runs on, in a terminal of its own."""
        with (self.folder / "terminal.log").open("ab") as log:
            shell = subprocess.Popen(
                ["bash", "-c", f"exec env {self.adapted(text).strip()}"],
                cwd=self.folder,
                env=self.environment,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        try:
            yield
        finally:
            shell.send_signal(signal.SIGINT)
            try:
                shell.wait(timeout=WITHIN_S)
            except subprocess.TimeoutExpired:
                shell.kill()
                shell.wait()

    def asks(self, path: str) -> Any:
        url = f"http://localhost:{self.ports['8080']}{path}"
        return httpx.get(
            url, headers={"authorization": f"Bearer {self.environment['KEY']}"}, timeout=120
        ).json()

    def until_up(self, port: str, path: str, status: int = 200) -> None:
        end = time.monotonic() + WITHIN_S
        while time.monotonic() < end:
            try:
                if httpx.get(f"http://localhost:{self.ports[port]}{path}", timeout=5).status_code == status:
                    return
            except httpx.HTTPError:
                pass
            time.sleep(0.1)
        raise AssertionError((self.folder / "terminal.log").read_text())


def stranger_in(folder: Path) -> Stranger:
    (folder / ".venv" / "bin").mkdir(parents=True)
    (folder / ".venv" / "bin" / "rapida").symlink_to(OURS / "rapida")
    ports = {"8080": str(a_port()), "8081": str(a_port())}
    mine = {k: v for k, v in os.environ.items() if not k.startswith(("RAPIDA_", "PUBLIC_ASSISTANT"))}
    return Stranger(folder, ports, {**mine, "RAPIDA_PORT": ports["8080"], "NO_PROXY": "*"})


def heard(conversation: Any, speaker: str) -> list[str]:
    return [turn["text"] for turn in conversation["turns"] if turn["speaker"] == speaker and turn["text"]]


def test_a_stranger_gets_to_the_end_of_a_call_in_and_a_call_out(tmp_path: Path) -> None:
    stranger, blocks = stranger_in(tmp_path), fences(PAGE)
    shell = [block.text for block in blocks if block.kind == ""]
    stand_in, serve = [block.text for block in blocks if block.kind == "terminal"]
    clone, ring_demo, account, env_file, *rest = shell
    assert {line.strip() for line in clone.splitlines()} == set(ELSEWHERE)
    with stranger.terminal(".venv/bin/rapida serve"):  # what `make demo` leaves running
        stranger.until_up("8080", "/health/ready")
        stranger.types(ring_demo)
    stranger.types(account)
    assert env_file in serve + "\n" or env_file.strip() in serve, "the file and the command name one host"
    with stranger.terminal(stand_in), stranger.terminal(serve):
        stranger.until_up("8080", "/health/ready")
        for block in rest:
            stranger.types(block)
            if "/deployments/phone" in block:
                deployed(stranger)
            if "rapida call " in block:
                rang_and_called(stranger)
        called_over_http(stranger)
        published(stranger)


def deployed(stranger: Stranger) -> None:
    """The table of what to paste holds what the answer holds."""
    answer = stranger.answers[-1]
    written = dict(table(PAGE, "field"))
    for name, url in (("A call comes in", "webhook_url"), ("Call status changes", "status_callback_url")):
        (pasted,) = re.findall(r"`(https://\S+)`", written[name])
        assert pasted.replace("ASSISTANT", stranger.environment["ASSISTANT"]) == answer[url]


def rang_and_called(stranger: Stranger) -> None:
    """The greeting of the deployment comes first, the flow's own words follow, and its answer is heard."""
    assert "ended: " in stranger.printed
    for _ in range(4):
        calls = [stranger.asks(f"/v1/conversations/{each['id']}") for each in listed(stranger)]
        inbound = next(each for each in calls if each["direction"] == "inbound" and each["assistant_id"])
        if any("message" in each for each in heard(inbound, "caller")):
            break
        # The keyless ear may miss a word on a machine that is busy with something else.
        ring = next(line for line in PAGE.splitlines() if line.startswith(".venv/bin/rapida phone --host"))
        stranger.run(ring)
    said = heard(inbound, "agent")
    assert said[0] == "Hello, this is the reception."
    assert said[1].startswith("Hello, and thank you for calling")
    assert any("message" in each for each in heard(inbound, "caller"))
    outbound = next(each for each in calls if each["direction"] == "outbound")
    assert outbound["status"] == "ended"
    assert heard(outbound, "agent")[0] == "Hello, this is the reception."


def listed(stranger: Stranger) -> list[Any]:
    return stranger.asks("/v1/conversations")["items"]


def called_over_http(stranger: Stranger) -> None:
    number = stranger.environment["CONVERSATION"]
    end = time.monotonic() + WITHIN_S
    while (call := stranger.asks(f"/v1/conversations/{number}"))["status"] != "ended":
        assert time.monotonic() < end, call
        time.sleep(0.2)
    assert heard(call, "agent")[0] == "Hello, this is the reception."


def published(stranger: Stranger) -> None:
    bakery = stranger.asks(f"/v1/assistants/{stranger.environment['BAKERY']}")
    assert (bakery["version"], bakery["published_version"]) == (2, 2)


def test_every_command_of_the_page_is_typed_or_named_here() -> None:
    for inline in re.findall(r"`((?:cloudflared|ngrok|\.venv/bin/rapida) [^`]+)`", PAGE):
        assert inline.split()[0] in ("cloudflared", "ngrok", ".venv/bin/rapida"), inline
    kinds = {block.kind for block in fences(PAGE)}
    assert kinds == {"", "terminal", "nginx"}


def test_the_example_proxy_does_what_the_page_asks_of_a_proxy() -> None:
    (proxy,) = [block.text for block in fences(PAGE) if block.kind == "nginx"]
    for needed in ("proxy_http_version 1.1;", "Upgrade $http_upgrade;", 'Connection "upgrade";'):
        assert needed in proxy
    assert "rewrite" not in proxy
    assert proxy.count("{") == proxy.count("}")
