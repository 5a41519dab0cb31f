"""What an assistant's numbers may be, and how long its texts, where a person sends them."""

from __future__ import annotations

from ..assistant import Assistant, Deadlines, Idle, KeypadSettings, TurnTaking
from ..fields import Limit, Limits

_MS = Limit(0, 60_000)
_SAID = Limit(0, 2_000)
LIMITS: Limits = {
    (Assistant, "name"): Limit(1, 100),
    (Assistant, "prompt"): Limit(0, 200_000),
    (Assistant, "variables"): Limit(0, 200),
    (Assistant, "language"): Limit(2, 35),
    (Assistant, "greeting"): _SAID,
    (Assistant, "hello_wait_ms"): Limit(0, 10_000),
    (Assistant, "unclear_message"): _SAID,
    (Assistant, "unclear_limit"): Limit(1, 20),
    (Assistant, "unclear_goodbye"): _SAID,
    (Assistant, "error_message"): _SAID,
    (Assistant, "filler_message"): _SAID,
    (Assistant, "max_duration_s"): Limit(10, 14_400),
    (Assistant, "warning_before_s"): Limit(0, 600),
    (Assistant, "warning_message"): _SAID,
    (Assistant, "duration_goodbye"): _SAID,
    (Assistant, "tools"): Limit(0, 64),
    (Idle, "timeout_s"): Limit(1, 600),
    (Idle, "prompts"): Limit(0, 20),
    (Idle, "goodbye"): _SAID,
    (KeypadSettings, "terminator"): Limit(0, 1),
    (KeypadSettings, "inter_digit_ms"): Limit(200, 60_000),
    (KeypadSettings, "max_digits"): Limit(1, 128),
    **{(TurnTaking, name): _MS for name in TurnTaking.__struct_fields__ if name.endswith("_ms")},
    **{(Deadlines, name): Limit(100, 120_000) for name in Deadlines.__struct_fields__},
}
"""What an assistant's numbers may be, and how long its texts."""
