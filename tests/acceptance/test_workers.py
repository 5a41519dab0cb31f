"""A voice's process that dies in the middle of its work: the call goes on, and the process is replaced."""

from __future__ import annotations

import asyncio
import os
import signal
from pathlib import Path
from typing import Any

import pytest

from rapida.assistant import Provider
from rapida.call.commands import RecordEntry
from rapida.engine.live import Glimpse
from rapida.simulator.twilio.script import AfterAgent, HangUp, Step, Tone
from rapida.tts.espeak import Espeak
from rapida.workers.child import JobAnswer
from rapida.workers.pool import _Process as Process

from .server import InProcessServer, assistant, wrong

ANSWER = "We open at nine in the morning."


def workers() -> list[int]:
    """The voice's processes among our children, by what they run."""
    found: list[int] = []
    for children in Path("/proc/self/task").glob("*/children"):
        for pid in children.read_text().split():
            if b"espeak_worker" in Path(f"/proc/{pid}/cmdline").read_bytes():
                found.append(int(pid))
    return found


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="it finds the processes in /proc")
async def test_a_voice_killed_at_work_is_replaced_and_the_sentence_is_spoken(
    server: InProcessServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = await server.install(assistant([ANSWER], hears=["when do you open"], tts=Provider("espeak")))
    hit: list[int] = []

    def kill(glimpse: Glimpse) -> None:
        """The caller's line is written just before the model is asked: the voice is about to get its job."""
        match glimpse.what:
            case RecordEntry(entry=entry) if entry.speaker == "caller" and not hit:
                hit.extend(workers())
                for pid in hit:
                    os.kill(pid, signal.SIGSTOP)

    ask = Process.ask

    async def asked(process: Process, body: Any) -> JobAnswer:
        """The stopped process dies once it has its job."""
        answering = asyncio.create_task(ask(process, body))
        if process.pid in hit:
            await asyncio.sleep(0)  # now it is written
            os.kill(process.pid, signal.SIGKILL)
        return await answering

    monkeypatch.setattr(Process, "ask", asked)
    server.rapida.live.watch(kill)
    report = await server.ring(number, Step(AfterAgent(400), Tone(300, 500)), Step(AfterAgent(400), HangUp()))
    kept = await server.kept()
    assert len(hit) == 1
    assert (report.failure, wrong(report)) == ("", [])
    assert kept.failed("tts") == ["espeak: its process died at work"]
    assert kept.entries("agent")[-1].heard == ANSWER
    voice = Espeak(Espeak.Options())
    await voice.start()
    whole = b"".join([sound.ulaw async for sound in voice.synthesize(ANSWER)])
    await voice.aclose()
    assert report.heard.sound.endswith(whole + b"\xff" * (-len(whole) % 8)), "padded to a whole millisecond"
    after = workers()
    assert len(after) == 1
    assert after != hit
