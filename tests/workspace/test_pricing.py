"""What calls cost at the rates that a project set."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import msgspec
import pytest

from rapida.assistant import Provider
from rapida.workspace import pricing
from rapida.workspace.pricing import Cost, Rate, Rates, Use
from tests.switchboard.ready_node import an_assistant

MAY, JUNE = date(2026, 5, 1), date(2026, 6, 1)
RATES = Rates(
    "EUR",
    (
        Rate(MAY, "openai", "input_tokens", Decimal("0.50"), 1_000_000),
        Rate(JUNE, "openai", "input_tokens", Decimal("0.40"), 1_000_000),
        Rate(MAY, "openai", "input_tokens", Decimal(2), 1_000_000, model="large"),
        Rate(MAY, "twilio", "inbound_minutes", Decimal("0.0085")),
    ),
)


@pytest.mark.parametrize(
    ("day", "model", "amount"),
    [(JUNE, "small", "0.4"), (MAY, "small", "0.5"), (JUNE, "large", "2"), (date(2026, 4, 30), "small", None)],
)
def test_the_newest_rate_of_the_day_holds_and_a_models_own_goes_before(
    day: date, model: str, amount: str | None
) -> None:
    found = pricing.cost(RATES, day, [Use("openai", model, "input_tokens", Decimal(1_000_000))])
    if amount is None:
        assert found == Cost(missing=frozenset(["openai small input_tokens"]))
    else:
        assert found == Cost(Decimal(amount))


def test_usage_is_that_of_the_versions_own_providers_and_what_runs_here_is_free() -> None:
    changed = msgspec.structs.replace(
        an_assistant("Front desk"),
        llm=Provider("openai", {"model": "small"}),
        stt=Provider("deepgram"),
        tts=Provider("tone"),
    )
    counts = {
        "calls": 1,
        "usage:input_tokens": 500_000,
        "usage:heard_ms": 90_000,
        "usage:spoken_characters": 100,
        "minutes:twilio:inbound": 2,
    }
    used = list(pricing.uses(changed, counts))
    assert used == [
        Use("openai", "small", "input_tokens", Decimal(500_000)),
        Use("tone", "", "spoken_characters", Decimal(100)),
        Use("deepgram", "", "heard_minutes", Decimal("1.5")),
        Use("twilio", "", "inbound_minutes", Decimal(2)),
    ]
    found = pricing.cost(RATES, JUNE, used)
    assert (found.amount, found.missing) == (Decimal("0.217"), {"deepgram heard_minutes"})
