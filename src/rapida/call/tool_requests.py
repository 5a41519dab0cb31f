"""Tools as a model is told of them, and tool calls as it makes them.

Says which of them the call performs itself, and what is wrong with the others.
"""

from __future__ import annotations

import json
from typing import Any, Final

from msgspec import Struct

from .abilities import ToolFacts
from .commands import ToolRequest

END_CALL: Final = "end_call"
TRANSFER_CALL: Final = "transfer_call"
CALL_TOOLS: Final = (END_CALL, TRANSFER_CALL)
"""Tools that the call performs itself, after what the agent says before them has been heard."""
TOOL_LATE: Final = "The tool did not answer in time."
"""What the model is told of a tool that has used up its time."""
NOT_DONE: Final = ("This was not carried out: the caller went on talking.", False)
"""What the model is told of a hang-up or transfer that it asked for: where it is asked again, there was
none."""


class ToolSpec(Struct, frozen=True):
    """A tool as the model sees it. `parameters` is a JSON Schema object."""

    name: str
    description: str
    parameters: dict[str, Any]


def problem_of(request: ToolRequest, facts: ToolFacts | None, known: list[str]) -> str:
    """What is wrong with a tool call, as a sentence the model can mend it by; empty = nothing."""
    if request.name == TRANSFER_CALL and TRANSFER_CALL in known:
        return 'Name the number to transfer to, as in {"to": "+14155550100"}.'
    if facts is None:
        return f"There is no tool called {request.name!r}. There is: {', '.join(sorted(known))}."
    try:
        arguments: Any = json.loads(request.arguments or "{}")
    except (ValueError, RecursionError) as wrong:
        return f"The arguments are not JSON: {wrong}."
    if not isinstance(arguments, dict):
        return "The arguments must be a JSON object."
    return ""


def destination(arguments: str) -> str:
    """The number a transfer names; empty when the model named none."""
    try:
        parsed: Any = json.loads(arguments or "{}")
    except (ValueError, RecursionError):
        return ""
    match parsed:
        case {"to": str(to)}:
            return to
        case _:
            return ""
