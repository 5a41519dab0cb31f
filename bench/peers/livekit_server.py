"""LiveKit Agents: one `AgentSession` per call without a room; its sound comes over our socket.

It listens only (no STT, model or voice; the detector runs and turns are kept), so it does less per
call than our full cycle. By default LiveKit runs each call in a process of its own; here all share one.
"""

from __future__ import annotations

import asyncio
import audioop
import base64
import json
import logging
import sys

from door import serve
from fastapi import WebSocket, WebSocketDisconnect
from livekit import rtc
from livekit.agents import Agent, AgentSession
from livekit.agents.voice import io
from livekit.plugins import silero

logging.disable(logging.WARNING)
VAD = silero.VAD.load(sample_rate=8000) if "--vad" in sys.argv else None


class Ear(io.AudioInput):
    """The caller's sound, as the session wants it."""

    def __init__(self) -> None:
        super().__init__(label="twilio")
        self.frames: asyncio.Queue[rtc.AudioFrame | None] = asyncio.Queue()

    async def __anext__(self) -> rtc.AudioFrame:
        frame = await self.frames.get()
        if frame is None:
            raise StopAsyncIteration
        return frame


async def answer(websocket: WebSocket, stream_id: str, call_id: str) -> None:
    """One session per call."""
    del stream_id, call_id
    session = AgentSession(vad=VAD)
    ear = Ear()
    session.input.audio = ear
    await session.start(agent=Agent(instructions=""), record=False)
    try:
        while True:
            message = json.loads(await websocket.receive_text())
            if message["event"] == "media":
                pcm = audioop.ulaw2lin(base64.b64decode(message["media"]["payload"]), 2)
                ear.frames.put_nowait(rtc.AudioFrame(pcm, 8000, 1, len(pcm) // 2))
            elif message["event"] == "stop":
                break
    except WebSocketDisconnect:
        pass
    ear.frames.put_nowait(None)
    await session.aclose()


serve(answer)
