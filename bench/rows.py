"""The table of what is measured: one entry per row of README.md, with the mark it is to reach."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from .speech import Name


@dataclass(frozen=True)
class Row:
    """How one row is run, and what it must not exceed."""

    name: str
    title: str
    server: tuple[str, ...]
    calls: int
    goals: Mapping[str, float] = field(default_factory=dict[str, float])
    callers: tuple[str, ...] = ()
    sound: Name | None = None
    """What the callers say; without it they are silent."""
    shows: tuple[str, ...] = ()
    """Further figures that belong beside the marks."""
    seconds: float = 10.0


@dataclass(frozen=True)
class PlatformRow:
    """What is measured around the calls: one part, on one kind of database."""

    name: str
    title: str
    part: Literal["ringing", "webhook", "placing", "queue"]
    database: Literal["sqlite", "postgresql"]
    calls: int
    per_second: float
    goals: Mapping[str, float]
    repeats: int = 3


_ECHO = ("echo",)
_NEVER = ("cycle", "--barge-in", "never")
_TALKING = ("cycle", "--barge-in", "always")
_SETUP = ("--from-the-ring", "--setup-gap-ms", "200")
_LONG = ("--counted", "--sentences", "30")
_HEARD = ("--counted",)

ROWS: dict[str, Row] = {
    row.name: row
    for row in (
        Row("echo-500", "echo through the real path", _ECHO, 500, {"cpu_us": 1000}, ("--echo",)),
        Row("echo-1000", "echo through the real path", _ECHO, 1000, {"cpu_us": 850}, ("--echo",)),
        Row(
            "silero-300",
            "full cycle, gated batched Silero, barge-in `never`",
            _NEVER,
            300,
            {"cpu_us": 2800, "lag_p99_ms": 20},
            sound="conversation",
            shows=("talk_share",),
        ),
        Row(
            "everything-300",
            "the same with stereo recording and journal",
            (*_NEVER, "--everything"),
            300,
            {"cpu_us": 3300, "per_call_mb": 0.3, "rest_mb": 200},
            sound="conversation",
            shows=("lag_p99_ms", "talk_share"),
        ),
        Row(
            "webrtc-500",
            "full cycle, WebRTC detector",
            (*_NEVER, "--vad", "webrtc"),
            500,
            {"cpu_us": 1200},
            sound="conversation",
            shows=("talk_share",),
        ),
        Row(
            "hold-20",
            "caller begins to speak → agent holds, start rule off",
            (*_TALKING, "--start-ms", "0"),
            20,
            {"hold_p50_ms": 110},
            sound="conversation",
            seconds=30,
        ),
        Row(
            "hold-300",
            "caller begins to speak → agent holds, start rule off",
            (*_TALKING, "--start-ms", "0"),
            300,
            {"hold_p50_ms": 110},
            sound="conversation",
            seconds=20,
        ),
        Row(
            "interrupt-20",
            "the same with the default rules, and until the phone is silent",
            _TALKING,
            20,
            {"hold_p95_ms": 310, "quiet_p95_ms": 550},
            sound="conversation",
            seconds=30,
            shows=("cleared_p95_ms",),
        ),
        Row(
            "cough",
            "a 250 ms cough while the agent speaks",
            # Silero takes most of these coughs for no voice, and nothing would be held.
            (*_TALKING, *_LONG, "--wordless", "--vad", "energy"),
            5,
            {"unheld": 0, "gap_max_ms": 80, "repeated_ms": 0, "skipped_ms": 0},
            _HEARD,
            sound="coughs",
            seconds=30,
        ),
        Row(
            "stall",
            "silence heard when the loop stalls for 120 ms, once a second",
            (*_NEVER, *_LONG, "--stall-ms", "120"),
            5,
            {"gap_max_ms": 0, "repeated_ms": 0, "skipped_ms": 0},
            _HEARD,
        ),
        Row(
            "set-up",
            "how long the loop stalls when a call is set up",
            (*_NEVER, "--everything", "--fine-lag"),
            40,
            {"setup_p50_ms": 5, "setup_p95_ms": 5},
            _SETUP,
            seconds=8,
            shows=("setup_max_ms",),
        ),
    )
}

_DATABASES: tuple[tuple[Literal["sqlite", "postgresql"], str], ...] = (
    ("sqlite", "SQLite"),
    ("postgresql", "PostgreSQL"),
)

PLATFORM: dict[str, PlatformRow] = {
    row.name: row
    for database, title in _DATABASES
    for row in (
        PlatformRow(
            f"ringing-{database}",
            f"how long the loop stalls while a call is set up, webhook and socket and all, {title}",
            "ringing",
            database,
            40,
            5,
            {"stall_p50_ms": 5, "stall_p95_ms": 5},
        ),
        PlatformRow(
            f"webhook-{database}",
            f"call webhook to TwiML, 100 a second on one core, {title}",
            "webhook",
            database,
            2000,
            100,
            {"twiml_p99_ms": 25, "rest_mb": 200},
        ),
        PlatformRow(
            f"placing-{database}",
            f"what `create-phone-call` adds to the carrier's own time, {title}",
            "placing",
            database,
            200,
            0,
            {"added_p50_ms": 30, "added_p95_ms": 30},
        ),
        PlatformRow(
            f"queue-{database}",
            f"10,000 queued calls at 50 a second, {title}",
            "queue",
            database,
            10_000,
            50,
            {"over_cap_percent": 2, "off_pace_percent": 2, "grew_mb": 10},
            repeats=1,  # three and a half minutes
        ),
    )
}

PEER_CALLS = 16
"""What the slowest of them can still serve with one core."""

PEERS: dict[str, Row] = {
    row.name: row
    for row in (
        Row(
            "ours-silero",
            "Rapida, full cycle, gated batched Silero",
            _NEVER,
            PEER_CALLS,
            sound="conversation",
        ),
        Row(
            "ours-webrtc",
            "Rapida, full cycle, WebRTC detector",
            (*_NEVER, "--vad", "webrtc"),
            PEER_CALLS,
            sound="conversation",
        ),
        Row(
            "pipecat-silero",
            "Pipecat, sound sent back, Silero",
            ("peer", "pipecat_server.py", "--vad"),
            PEER_CALLS,
            sound="conversation",
        ),
        Row(
            "pipecat",
            "Pipecat, sound sent back, no detector",
            ("peer", "pipecat_server.py"),
            PEER_CALLS,
            sound="conversation",
        ),
        Row(
            "livekit-silero",
            "LiveKit Agents, listening, Silero",
            ("peer", "livekit_server.py", "--vad"),
            PEER_CALLS,
            sound="conversation",
        ),
    )
}
