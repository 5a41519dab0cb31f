"""The steps that a request takes: nobody who proves nothing may tell from them what there is."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from rapida.telephony.twilio import webhook
from tests.doubles.store_double import StoreDouble


@contextmanager
def steps_taken(store: StoreDouble, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Statements asked of the database and signatures computed meanwhile, in order."""
    steps: list[str] = []
    sign = webhook._sign

    def signs(*given: Any) -> str:
        steps.append("signature")
        return sign(*given)

    with monkeypatch.context() as watched, store.statements(steps.append):
        watched.setattr(webhook, "_sign", signs)
        yield steps
