"""What the core of a call has ordered so far, and how tests ask for it."""

from __future__ import annotations

from typing import Any

from rapida.call import commands as c


class OrdersOfCall:
    """The orders of one call with their times in µs, oldest first."""

    orders: list[tuple[int, c.Command]]

    def ordered(self, kind: type[Any]) -> list[Any]:
        return [order for _, order in self.orders if isinstance(order, kind)]

    def when(self, kind: type[Any], nth: int = 0) -> int:
        """The millisecond of the nth order of a kind."""
        return [at for at, order in self.orders if isinstance(order, kind)][nth] // 1000

    @property
    def end(self) -> str | None:
        ends = self.ordered(c.EndCall)
        assert len(ends) <= 1, "a call ends once"
        return ends[0].reason if ends else None

    @property
    def transcript(self) -> list[c.Entry]:
        """The lines as they stand, in the order in which they were first written."""
        lines: dict[int, c.Entry] = {}
        for order in self.ordered(c.RecordEntry):
            lines[order.entry_id] = order.entry
        return list(lines.values())

    @property
    def caller_lines(self) -> list[tuple[str, str]]:
        return [(line.kind, line.text) for line in self.transcript if line.speaker == "caller"]

    def agent_line(self, part: str) -> c.Entry:
        """The one line of the agent's that contains `part`."""
        found = [line for line in self.transcript if line.speaker == "agent" and part in line.text]
        assert len(found) == 1, f"{part!r} in {self.transcript}"
        return found[0]

    @property
    def asked(self) -> list[c.StartReply]:
        return self.ordered(c.StartReply)

    @property
    def memory(self) -> list[tuple[str, str]]:
        """The memory given to the model last, as (role, text)."""
        return [(message.role, message.text) for message in self.asked[-1].memory]

    @property
    def said(self) -> list[str]:
        """Every segment given to the voice."""
        return [order.text for order in self.ordered(c.StartSynthesis)]
