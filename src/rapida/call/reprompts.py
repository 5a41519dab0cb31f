"""What happens while no answer comes: prompts when nobody speaks, another try when nothing was understood.

Both are counted, and both end the call politely when they go on for too long. What counts as spoken or as
understood is decided in `caller.py`.
"""

from __future__ import annotations

from .agent import AgentSide
from .events import Question
from .shared import Shared
from .timers import Timer


class Reprompts:
    """The counts of silences and of misunderstandings in a row."""

    def __init__(self, shared: Shared, agent: AgentSide) -> None:
        self._shared = shared
        self._agent = agent
        self._idle = 0
        self._unclear = 0
        self._drowned = False
        """The caller was told so since something was understood."""

    def wait(self) -> None:
        """The agent has been heard and it is the caller's turn: count the silence from now."""
        idle_us = int(self._shared.assistant.idle.timeout_s * 1_000_000)
        self._shared.timers.set(Timer.IDLE, self._shared.now + idle_us)

    def stop_waiting(self) -> None:
        self._shared.timers.cancel(Timer.IDLE)

    def noise(self, question: Question) -> None:
        """Other people's voices drown the caller's, if there is one: say so once, and count nothing."""
        if not self._drowned:
            self._drowned = True
            self._agent.say(question.reprompt or self._shared.assistant.unclear_message, "unclear")

    def caller_is_there(self) -> None:
        """The caller speaks or types."""
        self.stop_waiting()
        self._idle = 0

    def prompt(self, question: Question) -> None:
        """Nobody has said anything: prompt, and after the last prompt end the call."""
        idle = self._shared.assistant.idle
        if self._idle >= len(idle.prompts):
            self._agent.end_with("idle", idle.goodbye)
            return
        self._agent.say(question.reprompt or idle.prompts[self._idle], "idle")
        self._idle += 1

    def understood(self) -> None:
        self._unclear = 0
        self._drowned = False

    def ask_again(self, question: Question) -> None:
        """Nothing was understood: ask for the same once more; after the last time end the call."""
        assistant = self._shared.assistant
        self._unclear += 1
        if self._unclear > assistant.unclear_limit:
            self._agent.end_with("unclear", assistant.unclear_goodbye)
        else:
            self._agent.say(question.reprompt or assistant.unclear_message, "unclear")
