"""The transcript as heard, and the model's memory, which is the same truth in another form.

Both are built when something is said and amended when it is known what reached the ear: an agent's line that
was cut keeps only its heard words in the memory, and shows the rest as cut in the transcript. A tool's result
takes its place behind the request that asked for it, whenever it comes.
"""

from __future__ import annotations

from .commands import Entry, Message, RecordEntry, ToolRequest
from .playout import Utterance
from .shared import Shared

STILL_RUNNING = ("(this tool is still running)", True)


class Said:
    """One of the agent's contributions: its tools, and the utterance that speaks it (if any)."""

    def __init__(self, utterance: Utterance | None) -> None:
        self.utterance = utterance
        self.tools: list[ToolRequest] = []
        self.results: dict[str, tuple[str, bool]] = {}
        """By call id: the text, and whether the tool succeeded."""
        self.withdrawn = False
        """The caller had not finished: what was heard of it answers nothing, and is no part of the memory."""


class CallerLine:
    """One of the caller's contributions, with the id under which it can be amended."""

    def __init__(self, entry_id: int, turn_id: int, message: Message) -> None:
        self.entry_id = entry_id
        self.turn_id = turn_id
        self.message = message


class Transcript:
    """Writes `RecordEntry` orders and renders the memory."""

    def __init__(self, shared: Shared) -> None:
        self._shared = shared
        self._items: list[CallerLine | Said] = []

    def caller(self, turn_id: int, message: Message) -> CallerLine:
        """Write a caller's line at the end."""
        line = CallerLine(self._shared.next_id(), turn_id, message)
        self._items.append(line)
        self.amend(line, message)
        return line

    def amend(self, line: CallerLine, message: Message) -> None:
        """Put other words into a caller's line, where it stands."""
        line.message = message
        entry = Entry("caller", message.text, kind=message.kind)
        self._shared.order(RecordEntry(line.entry_id, line.turn_id, entry))

    def backchannel(self, turn_id: int, text: str) -> None:
        """A caller's sound of attention: shown, but no part of the memory."""
        entry = Entry("caller", text, kind="backchannel")
        self._shared.order(RecordEntry(self._shared.next_id(), turn_id, entry))

    def agent(self, utterance: Utterance) -> Said:
        """The agent begins to say something; its text is read from the utterance whenever it is rendered."""
        said = Said(utterance)
        self._items.append(said)
        utterance.entry_id = self._shared.next_id()
        return said

    def withdraw(self, utterance: Utterance) -> None:
        """The caller went on as the agent began: the turn is answered anew."""
        for item in self._items:
            if isinstance(item, Said) and item.utterance is utterance:
                item.withdrawn = True

    def agent_wants(self, said: Said | None, request: ToolRequest) -> Said:
        """The agent asks for a tool, along with what it says or without a word."""
        if said is None:
            said = Said(None)
            self._items.append(said)
        said.tools.append(request)
        return said

    def settled(self, utterance: Utterance) -> None:
        """An utterance was heard or cut: write its line as it now stands."""
        text, heard = utterance.text, utterance.heard_text()
        entry = Entry("agent", text, heard=heard, cut=utterance.state == "cut" and heard != text)
        self._shared.order(RecordEntry(utterance.entry_id, utterance.turn_id, entry))

    def memory(self) -> tuple[Message, ...]:
        """What the model may know: what was said and heard, in order."""
        rendered = list[Message]()
        for item in self._items:
            rendered += [item.message] if isinstance(item, CallerLine) else _render(item)
        return tuple(rendered)


def _render(said: Said) -> list[Message]:
    utterance, tools = said.utterance, tuple(said.tools)
    cut = utterance is not None and utterance.state == "cut"
    text = "" if utterance is None or said.withdrawn else utterance.text
    if cut and text and utterance is not None:
        text = utterance.heard_text()
    if not text and not tools:
        return []
    spoken = Message(
        "assistant", text, tools=tools, cut=cut and utterance is not None and text != utterance.text
    )
    results = list[Message]()
    for tool in tools:
        result, ok = said.results.get(tool.call_id, STILL_RUNNING)
        results.append(Message("tool", result, call_id=tool.call_id, ok=ok))
    return [spoken, *results]
