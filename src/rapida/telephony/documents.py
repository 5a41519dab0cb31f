"""What a carrier is told to do with a call: the documents that answer its webhooks, in its own language."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class StreamAddress:
    """Where a call's sound goes: `url` is `wss://…` without a query, `status_url` absolute `https://…`."""

    url: str
    name: str
    """What the carrier may call it in its own logs."""
    status_url: str
    """Where the beginning and the end of the stream are reported, by a carrier that does."""
    names_events: bool = True
    """Whether the events to report are named, for a carrier that lets them be named."""


@dataclass(frozen=True)
class Documents:
    """A carrier's documents. Which of them a call gets is decided elsewhere."""

    content_type: str
    connect: Callable[[StreamAddress, Mapping[str, str]], str]
    """(stream, parameters) → what opens the stream and tells `parameters` in its first message."""
    refuse: Callable[[str, str], str]
    """(sentence, BCP 47 language or "") → what says the sentence and hangs up."""
