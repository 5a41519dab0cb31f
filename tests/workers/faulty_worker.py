"""A worker that can be told to fail, run by the tests of `workers.py` in a real process of its own."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from typing import Any

from rapida.workers.child import JobRefused, serve


def prepare(settings: Any) -> Any:
    if settings.get("refuse"):
        raise JobRefused("the voice 'nope' does not exist")
    if settings.get("crash_at_start"):
        sys.exit("no library")
    if (once := settings.get("start_only_once")) is not None:
        if Path(once).exists():
            sys.exit("not again")
        Path(once).touch()

    def work(body: Any) -> Any:
        match body["do"]:
            case "echo":
                return body["text"]
            case "say":
                print(body["text"], file=sys.stderr, flush=True)
                return None
            case "pid":
                return os.getpid()
            case "sleep":
                time.sleep(body["s"])
                return "slept"
            case "wait":
                while not Path(body["file"]).exists():
                    time.sleep(0.005)
                return "waited"
            case "note":
                with Path(body["file"]).open("a") as file:
                    file.write(body["text"])
                return None
            case "crash":
                os._exit(3)
            case "raise":
                raise ArithmeticError("a bug in the worker")
            case "refuse":
                raise JobRefused("no such phrase")
            case "print":
                os.write(1, b"a library prints to standard output\n")
                return "printed"
            case "environment":
                return dict(os.environ)
        return None

    return work


if __name__ == "__main__":
    serve(prepare)
