"""An assistant: everything that decides how a call is answered, as plain data.

One frozen value holds the prompt, the voice, the providers and every turn-taking number; it is stored with
its version, copied whole into each call's journal, and read by the call core. It holds no secrets: a provider
is named with the id of a credential.
"""

from __future__ import annotations

from typing import Any, Literal

from msgspec import Struct

BargeIn = Literal["always", "words", "never"]
"""Who may interrupt an utterance: any sound that lasts, only words (needs an STT with interims), nobody."""


class Provider(Struct, frozen=True):
    """One provider of a family: its catalogue name, its options, and the credential that opens it."""

    name: str
    """As its family's catalogue lists it."""
    options: dict[str, Any] = {}
    """Its own options (see the providers' reference)."""
    credential_id: int | None = None
    """The credential it uses, by its number in the vault; empty = none."""


class TurnTaking(Struct, frozen=True):
    """The numbers that decide who speaks when. All durations count received sound unless said otherwise."""

    start_ms: int = 200
    """Voice shorter than this is not speech (0 = every onset counts)."""
    stop_ms: int = 200
    """Speech has stopped after this much without voice."""
    silence_ms: int = 700
    """The caller's turn is over after this much without voice, counted from the true end of speech."""
    hesitation_ms: int = 250
    """An answer is not heard sooner than this after the end of the turn, however fast it was made."""
    learn_pauses: bool = False
    """Raise `silence_ms` to this caller's own longest usual pause."""
    incomplete_ms: int = 3000
    """How long to wait for more when the turn-end model says "not finished"."""
    barge_in: BargeIn = "always"
    """Who may interrupt: any sound, words only, or nobody; a key may unless it is nobody."""
    confirm_ms: int = 500
    """Speech this long silences the agent; what was cut goes on if no words come of it."""
    confirm_wordless_ms: int = 1000
    """The same when an STT with interims has shown no word of it."""
    false_ms: int = 120
    """A hold is false after this much without voice and without a word."""
    unbroken_ms: int = 4000
    """Of speech that goes on for so long without a pause or a new word the STT is asked what there was."""
    rewind_ms: int = 400
    """After a false hold, repeat the last word if the ear was silent for longer than this."""
    echo_window_ms: int = 3000
    """Words the agent played this recently never confirm a barge-in."""
    digit_guard_ms: int = 300
    """Voice this close to a keypad digit is the digit's own tone."""
    speculate: bool = False
    """Start the model on a stable partial transcript; nothing is spoken before the turn is confirmed."""
    stable_ms: int = 250
    """A partial transcript that has not changed for this long is stable."""


class KeypadSettings(Struct, frozen=True):
    """How key presses become an answer when the question asked does not say otherwise."""

    terminator: str = "#"
    """The key that ends an answer."""
    inter_digit_ms: int = 2500
    """An answer ends after this long without a further key."""
    max_digits: int = 32
    """An answer is complete with this many keys."""


class Deadlines(Struct, frozen=True):
    """When a provider counts as failed or stalled. Wall-clock milliseconds."""

    transcript_final_ms: int = 1500
    """p99 of the STT's time to a final transcript, from the true end of speech."""
    first_token_ms: int = 8000
    """To the model's first word or tool call."""
    next_token_ms: int = 8000
    """Between two pieces of its reply."""
    first_sound_ms: int = 5000
    """To the first sound of a sentence."""
    next_sound_ms: int = 5000
    """Between two pieces of a sentence's sound."""
    tool_ms: int = 15000
    """A tool that takes longer has failed, unless it sets a time of its own."""
    filler_ms: int = 1500
    """A tool slower than this is covered by the filler sentence."""


class Idle(Struct, frozen=True):
    """What happens when the caller says nothing after the agent has been heard."""

    timeout_s: float = 8.0
    """Silence after the agent was heard that brings the next prompt."""
    prompts: tuple[str, ...] = ("Are you still there?",)
    """Spoken one after the other, one per time-out; then the goodbye."""
    goodbye: str = "I cannot hear you, so I will hang up now. Goodbye."
    """Spoken when the prompts are used up, before the agent hangs up."""


class Assistant(Struct, frozen=True):
    """The whole configuration of one assistant version."""

    id: int
    """The number that webhook addresses carry."""
    version: int
    """Counts up with every change; a call keeps the one it began with."""
    name: str
    """What people call it."""
    stt: Provider
    """What hears words."""
    llm: Provider
    """What decides what is said: a language model or a flow."""
    tts: Provider
    """The voice."""
    vad: Provider = Provider("silero")
    """What tells a voice from other sound."""
    turn_end: Provider | None = None
    """A model that tells a pause from the end of a turn; without one, silence decides."""
    prompt: str = ""
    """What a language model is told before the call; `{{name}}` is replaced by the variable."""
    variables: dict[str, str] = {}
    """Values for `{{name}}` in the prompt or a flow's texts, where the call brings none."""
    language: str = "en-US"
    """The language it hears and speaks (BCP 47)."""
    zone: str = "UTC"
    """IANA time zone in which the assistant speaks of days and hours."""
    greeting: str = ""
    """Spoken first; a flow's first words follow it. Empty = the model opens the conversation itself."""
    greeting_barge_in: BargeIn = "always"
    """Who may interrupt the greeting."""
    hello_wait_ms: int = 1500
    """On a call that we place: how long to wait for the first words of whoever takes it (0 = not at all)."""
    turn: TurnTaking = TurnTaking()
    """When the caller has finished, and who may interrupt."""
    keypad: KeypadSettings = KeypadSettings()
    """When keys are an answer."""
    deadlines: Deadlines = Deadlines()
    """When a provider is too slow."""
    idle: Idle = Idle()
    """What is said to a silent caller."""
    unclear_message: str = "Sorry, I did not catch that. Could you say it again?"
    """Spoken when the caller said something that no words came of."""
    unclear_limit: int = 3
    """After this many unclear turns in a row the call ends politely."""
    unclear_goodbye: str = "I am having trouble hearing you. Please call again. Goodbye."
    """Spoken before the agent hangs up for that."""
    error_message: str = "I am sorry, something went wrong on our side. Please call again later. Goodbye."
    """Spoken before the call ends because a provider failed for good: by the carrier, if it was the voice."""
    filler_message: str = "One moment, please."
    """Spoken while a tool takes long."""
    max_duration_s: float = 1800.0
    """The call ends after this long, with `duration_goodbye`."""
    warning_before_s: float = 30.0
    """How long before that the warning is spoken."""
    warning_message: str = "We have half a minute left on this call."
    """Spoken that long before the end; empty = no warning."""
    duration_goodbye: str = "Our time is up. Thank you for calling. Goodbye."
    """Spoken when the time is up, before the agent hangs up."""
    tools: tuple[Provider, ...] = ()
    """What a language model may call."""
    record: bool = True
    """Keep a stereo recording."""
