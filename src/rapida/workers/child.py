"""The child's side of a worker: one job in, one answer out, until the parent's pipe closes.

Decides how messages are framed (four bytes of big-endian length, then msgpack) and what a worker process owes
its parent: it leaves when the parent is gone, however it went; it never writes anything but frames into the
pipe; it ignores Ctrl-C, which is the parent's to handle. What a job does is left to the module that calls
`serve`; the parent's side is `workers.py`.
"""

from __future__ import annotations

import os
import select
import signal
import sys
from collections.abc import Callable
from typing import Any, BinaryIO

import msgspec
from msgspec import Struct

from .memory import give_back

LENGTH_BYTES = 4
"""A message's length, before it."""
IDLE_S = 1.0
"""Nobody is in the middle of a sentence any more."""
MAX_MESSAGE_BYTES = 16 * 1024 * 1024
"""A minute of sound at 16 kHz is 2 MB; a longer message is a torn pipe's."""


class Job(Struct, frozen=True, array_like=True):
    """Parent → child. The first one, with id 0, carries the settings that the child is made from."""

    job_id: int
    body: Any


class JobAnswer(Struct, frozen=True, array_like=True):
    """Child → parent. `error` is a sentence when the job was refused; then there is no body."""

    job_id: int
    body: Any = None
    error: str = ""


class JobRefused(Exception):
    """Raised by a job's work: the job cannot be done, and asking again will not help."""


def frame(message: Job | JobAnswer) -> bytes:
    """A message as it goes through the pipe."""
    body = msgspec.msgpack.encode(message)
    return len(body).to_bytes(LENGTH_BYTES, "big") + body


def length_of(head: bytes) -> int:
    """The length that a frame's head announces. Raises `ValueError` when it cannot be ours."""
    length = int.from_bytes(head, "big")
    if not 0 < length <= MAX_MESSAGE_BYTES:
        raise ValueError(f"a frame of {length} bytes is not one of ours")
    return length


def serve(prepare: Callable[[Any], Callable[[Any], Any]]) -> None:
    """Run as a worker until the parent's pipe closes.

    `prepare(settings)` loads what is heavy and returns the work, `work(body) -> body`, which may raise
    `JobRefused`. Any other exception is a bug: Python prints it and ends the process, and the parent starts
    another.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # Native libraries print what they like to standard output; the pipe is moved out of their way.
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    try:
        _serve(prepare, sys.stdin.buffer, answers)
    except BrokenPipeError:
        # The parent left in the middle of an answer. Nobody is there to be told.
        os._exit(0)


def _serve(prepare: Callable[[Any], Callable[[Any], Any]], jobs: BinaryIO, answers: BinaryIO) -> None:
    work: Callable[[Any], Any] | None = None
    while (job := _read(jobs)) is not None:
        try:
            if work is None:
                work = prepare(job.body)
                answer = JobAnswer(job.job_id)
            else:
                answer = JobAnswer(job.job_id, work(job.body))
        except JobRefused as refused:
            answer = JobAnswer(job.job_id, error=str(refused))
        answers.write(frame(answer))
        answers.flush()
        _rest(jobs)


def _rest(jobs: BinaryIO) -> None:
    """Where no job comes for a while, memory that was needed and freed goes back to the system (glibc only).

    Measured with the local voice: 142 MB in place of 172. Done behind each job, the next one would need 15 ms
    of CPU more, since it asks the system for the same memory again.
    """
    if sys.platform == "linux" and not select.select([jobs], [], [], IDLE_S)[0]:
        give_back()


def _read(jobs: BinaryIO) -> Job | None:
    """The next job; None when the parent has closed the pipe or died."""
    head = jobs.read(LENGTH_BYTES)
    if len(head) < LENGTH_BYTES:
        return None
    body = jobs.read(length_of(head))
    return msgspec.msgpack.decode(body, type=Job)
