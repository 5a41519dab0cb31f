"""The flow brain: a call as states and questions, written in YAML, behind the face of a language model.

It needs no keys and no network, never invents anything, and answers at once. This file explains the format to
those who write flows and is the thin shell around `flow_script` (reading), `flow_check` (checking), `slots`
(understanding answers) and `flow_run` (deciding).

Writing a flow
==============
A flow is a YAML text. A call starts in the first state, or in the one that `start` names::

    failed: operator                      # where a question or tool goes that does not succeed
    variables: {business: Harbour Cycles} # words to fill in; an assistant's own variables replace them
    states:
      hello:
        say: "Welcome to {{business}}."
        next: menu
      menu:
        ask:
          slot: topic
          kind: choice
          question: "Is it about repairs, or opening hours?"
          choices:
            repairs: {phrases: [repairs, bicycle repair], also: [broken, flat tyre], key: "1"}
            hours: {phrases: [opening hours], key: "2"}
        next: {repairs: ticket, hours: hours}
      hours:
        say: "We are open from nine to six."
        next: bye
      ticket:
        ask:
          slot: number
          kind: digits
          question: "Please type your four-digit ticket number."
          max_digits: 4
          confirm: "I heard {{number}}. Is that right?"
        next: look_up
      look_up:
        say: "One moment."
        tool: {name: ticket_status, arguments: {number: "{{number}}"}, save: {status: ticket.status}}
        next:
          - {when: status, is: [ready, done], goto: ready}
          - {goto: bye}
      ready:
        say: "Your bicycle is ready."
        next: bye
      operator: {say: "I will connect you.", transfer: "+15550100"}
      bye: {say: "Goodbye.", end: true}

At the top level
----------------
`states`    the states by name (lower-case letters, digits, `_`).
`start`     the first state; without it, the one written first.
`failed`    where a question or tool without a `failed` of its own goes.
`variables` names and texts for `{{name}}`; only listed names and slots may be used.
`unclear`   said before a question is repeated ("Sorry, I did not catch that.").
`again`     said when the caller answers "no" to a confirmation ("Let us try that again.").
`questions` the state with `answer` that answers what callers ask instead of answering, at any question; the
            open question is then asked again. Not where anything may be said (`free`).
`anywhere`  states, each with phrases that lead there from any question (`{operator: [a person]}`), except
            where anything may be said (`free`).
`corrected` said when an earlier answer was corrected, with `{{value}}` for what it is now ("All right,
            {{value}}."); not said where the question that follows names it anyway.
`meant`     what asks back where a choice is only likely meant ("Do you mean: {{value}}?"), see below.

A state
-------
It may `say` something, then does at most one of `ask`, `tool`, `answer`, `transfer` and `end`, and goes on
to `next`.

`say`       text with `{{slots}}` and `{{variables}}`; slots are spoken as people say them: digits one by one,
            dates as "Tuesday, March third", times as "2:30 PM", choices by their first phrase or `says`.
`ask`       a question, see below.
`tool`      `name` of one of the assistant's tools; `arguments`, texts with `{{names}}` filled in with the
            plain values and turned into numbers where the tool wants numbers; `save`, a slot for the whole
            result, or a mapping of slots to paths in a JSON result (`{day: slot.day, first: items.0.name}`).
`answer`    looks the caller's last words up with a `tool` (default `search_knowledge`, which searches a page
            of facts) and says what it found, or `unknown` ("I am sorry, I do not know that."). Any tool does
            that takes a `question` and answers with JSON whose `answer` is empty where it does not know.
`transfer`  the telephone number to connect the caller to, as +15550100.
`end`       `true`: hang up when everything before it has been heard.
`next`      the following state; or a mapping of this state's answers to states, with `else`; or a list of
            rules `{when: slot, is: value, goto: state}`, of which the first that holds wins: `is` may be a
            list, or be left out (the slot has any value), and the last rule has no `when`.
`failed`    for `ask` and `tool`: the state to go to when the retries are used up, the tool fails, or its
            result lacks a path.
`forget`    slots that are empty again from here on, as for a second booking in the same call.

A question (`ask`)
------------------
`slot`      the name under which the answer is kept.
`question`  the words of the question.
`kind`      what answers it, by voice or by key:
            `yes_no` ("yes"/"no"; keys 1 and 2) · `choice` (one of `choices`; their keys) ·
            `digits` (`min_digits` to `max_digits`; without `min_digits` exactly `max_digits`) ·
            `phone` (kept as +12025550143; `region`, default US, for numbers without a country; only what
            can be dialled is taken) ·
            `date` (kept as 2027-03-31; keys MMDD or MMDDYYYY; without a year the next such day) ·
            `time` (kept as 14:30; keys HHMM; "at three" is the one between `earliest` and `latest`, default
            07:00 and 18:59) ·
            `number` (how many, from `least` to `most`, default 1 to 99; `units`, words for what is counted,
            default people) ·
            `name` (a person's, as said or spelled: "Miller, M Y L L E R") ·
            `free` (whatever the caller says).
`choices`   for `choice`: name → `phrases` (what the recogniser listens for), `also` (other wordings that
            count when a recogniser hears free speech), `key`, `says` (how `{{slot}}` is spoken).
`confirm`   asks back, as "I heard {{number}}. Is that right?"; "no" asks again, another value corrects.
`anytime`   `true`: an answer is taken out of whatever the caller says at any question, before this one was
            asked, which is then passed over (or only confirmed), and after it, as a correction ("no,
            Thursday"). For `choice` (by whole phrases), `date`, `time`, `number` ("for two", "three people")
            and `name` ("my name is …").
`once`      `true`: asked only while the slot is empty (see `forget`); otherwise the flow goes on.
`corrected` for `anytime`: the state to go back to when this answer is corrected, such as the one that looks
            the new day up; questions that were answered are passed over. Without it the question at hand is
            asked again.
`retries`   how often to ask again before `failed` (default 2, at most 10).
`reprompts` what to say at the first, second, … retry; the last one stays. Without it, `unclear` + `question`.
`terminator`, `check: luhn`, `silence_ms`, `barge_in` (`always`, `words`, `never`): as for any question.
`sensitive` `true` for digits nobody may see: they come by key only, are never spoken, confirmed or compared,
            and can only be handed to a tool.

The recogniser without keys (`stt: pocketsphinx`) listens for one question's phrases at a time. It is good at
yes and no and at two to four distinct phrases of several syllables ("opening hours", "billing"), and poor at
single digits: let digits come by key. The words for yes, no, numbers and dates are English. An answer with a
word that changes what is meant and was not understood ("before Friday", "seven or eight", "yes, but …") is
asked again.

Choices in other words
----------------------
An assistant that has the tool `choose_by_meaning` understands choices by what is meant: "I want to arrange a
visit" is `book` where the phrases are "book an appointment" and "see the dentist". The tool is asked where
the phrases found nothing. What is surely meant is taken, what is likely is asked back with `meant`. The more
ways to say it stand under `also`, the more is understood. English only, and not answers of one or two words.

One sentence may answer several questions
-----------------------------------------
A recogniser of free speech gives whole sentences. With `anytime: true` on the day, the time and the number of
guests, "Friday at three, for two" fills all of them, whatever was asked::

    failed: bye
    states:
      day:
        ask: {slot: day, kind: date, anytime: true, question: "For what day?"}
        next: time
      time:
        ask: {slot: time, kind: time, anytime: true, question: "At what time?"}
        next: guests
      guests:
        ask: {slot: guests, kind: number, most: 12, anytime: true, question: "For how many?"}
        next: sure
      sure:
        ask: {slot: sure, kind: yes_no, question: "{{day}} at {{time}}, for {{guests}}. Is that right?"}
        next: {"yes": bye, "no": day}
      bye: {say: "Thank you.", end: true}

At the last question "no, Thursday" and "make that four people" change one answer, and the question is asked
again with it. A number that could be an hour or a number of guests is left to be asked for again.

Every mistake is reported when the flow is read, all at once, with its state and what to write: unknown fields
and states, states nothing leads to, loops that ask nothing, answers that lead nowhere.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from datetime import date, datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from msgspec import Struct

from ...errors import ConfigurationError
from ..base import BrainEvent, ReplyRequest, StateEntered
from . import check as flow_check
from . import script as flow_script
from .progress import Progress
from .run import advance
from .saying import Situation
from .script import Script

Today = Callable[[ZoneInfo], date]
"""The present day in a zone."""


def parse(text: str, name: str = "script") -> Script:
    """Read and check a flow. Raises `ConfigurationError` with every mistake in it, after `name`."""
    script = flow_script.read(text, name)
    flow_script.refuse(name, flow_check.problems_of(script))
    return script


class FlowOptions(Struct, frozen=True):
    script: str
    """The flow, as YAML text."""
    zone: str = "UTC"
    """IANA time zone in which "tomorrow" is meant; write the assistant's own."""


class Flow:
    """A flow shared by all calls of an assistant."""

    Options = FlowOptions

    def __init__(
        self, options: FlowOptions, *, today: Today = lambda zone: datetime.now(zone).date()
    ) -> None:
        """Raises `ConfigurationError` for a flow that does not hold together or an unknown zone."""
        self.script = parse(options.script)
        try:
            self._zone = ZoneInfo(options.zone)
        except (ZoneInfoNotFoundError, ValueError):
            raise ConfigurationError(
                f"flow: there is no time zone {options.zone!r}: write an IANA name such as Europe/Berlin"
            ) from None
        self._today = today

    async def start(self) -> None:
        """Nothing to load."""

    async def aclose(self) -> None:
        """Nothing to close."""

    def brain(self, prompt: str, variables: Mapping[str, str]) -> FlowBrain:
        """The flow of one call; `prompt` says nothing to a flow."""
        return FlowBrain(self.script, variables, lambda: self._today(self._zone))


class FlowBrain:
    """Where one call stands in its flow."""

    may_transfer = True
    follows_up = False
    opens = True

    def __init__(self, script: Script, variables: Mapping[str, str], today: Callable[[], date]) -> None:
        self._script = script
        self._variables = variables
        self._today = today
        self.missing = tuple(
            name for name, text in script.variables.items() if not (variables.get(name) or text)
        )
        self._before: dict[int, Progress] = {}
        """How things stood before each turn: the same turn asked again starts there."""
        self.progress = Progress()

    @property
    def answers(self) -> tuple[tuple[str, str], ...]:
        """What the caller answered so far, by slot, in the order of the call; nothing sensitive."""
        asked = {slot for slot, ask in self._script.slots.items() if ask and not ask.sensitive}
        given = (*self.progress.past, *self.progress.slots.items())
        return tuple((slot, value) for slot, value in given if slot in asked)

    async def reply(self, request: ReplyRequest) -> AsyncIterator[BrainEvent]:
        """What the flow says, asks and does in this turn; it never fails."""
        before = self._before.setdefault(request.turn_id, self.progress)
        now = Situation(request.memory, request.tools, self._variables, self._today())
        events, self.progress = advance(self._script, before, now)
        yield StateEntered(self.progress.state)
        for event in events:
            yield event
