"""The exceptions that Rapida raises on purpose: one tree, whose finer leaves stand beside what raises them.

    RapidaError
    ├── ConfigurationError        a person must change something; the sentence says what
    │   ├── SettingsError         an environment variable
    │   ├── UnknownName           a provider or tool that no catalogue lists
    │   ├── ExtraMissing          a provider whose optional packages are not installed
    │   └── InvalidField          a field of a request is wrong; it is named
    │       └── InvalidFields     several are; each is named
    ├── ProofError                a request that its sender could not have signed
    ├── NotSignedIn               nobody we know, or not any more
    ├── NotAllowed                somebody we know, who may not do this
    ├── TooManyTries              it may be asked again later
    ├── NotFound                  no such row, or not yours
    ├── Conflict                  it would break a rule that already holds
    │   └── Stale                 it was changed meanwhile
    ├── StoreError                the database is away or refuses
    │   └── DiskFull              it, or a file of ours, has no room left
    ├── VaultError                a secret cannot be sealed or opened
    ├── ProviderError             theirs: a speech, language or telephone service failed
    │   ├── ProviderRefused       it will refuse again: credentials, quota, bad request
    │   └── ProviderUnavailable   a retry may help: dropped, stalled, overloaded
    ├── JournalError              a call's journal that this version cannot read
    ├── WireError                 a carrier's message that breaks its own protocol
    ├── IllegalEvent              ours: an event the call core cannot meet in its state
    └── IllegalStep               ours: a step that a state table of the call core does not have

What a room raises only to catch it itself is none of them. Ours and theirs are different errors: a
`ProviderError` never hides a bug of ours, and only a bug ends a call as `internal_error`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from .nearest import like

OURSELVES: Final = "rapida"
"""Named as the provider that failed where it was our own code."""


class RapidaError(Exception):
    """The root: catching it catches everything raised here on purpose, and nothing else."""


class ConfigurationError(RapidaError):
    """Something a person configured is wrong; the message says what to write instead."""


class SettingsError(ConfigurationError):
    """An environment variable is wrong. `name` is the variable."""

    def __init__(self, name: str, problem: str) -> None:
        super().__init__(f"{name}: {problem}")
        self.name = name
        self.problem = problem


class UnknownName(ConfigurationError):
    """A name that no catalogue lists. `known` is what it does list."""

    def __init__(self, family: str, name: str, known: tuple[str, ...]) -> None:
        listed = ", ".join(known) or "none yet"
        super().__init__(f"there is no {family} called {name!r}; there is {listed}{like(name, known)}")
        self.family = family
        self.name = name
        self.known = known


class ExtraMissing(ConfigurationError):
    """A provider's optional packages are not installed. `extra` is the extra that brings them."""

    def __init__(self, family: str, name: str, extra: str, missing: str) -> None:
        super().__init__(
            f"{family} {name!r} needs the package {missing!r}, which is not installed: "
            f"run `pip install 'rapida[{extra}]'` (or `uv sync --extra {extra}`)"
        )
        self.family = family
        self.name = name
        self.extra = extra
        self.missing = missing


class ModelFileMissing(ConfigurationError):
    """A model file that the platform relies on is not on this machine."""


class InvalidField(ConfigurationError):
    """A field of a request is wrong. `field` is its path, such as `turn.silence_ms`.

    Where several are, it stands for the first, and `all` has each.
    """

    def __init__(self, field: str, problem: str) -> None:
        super().__init__(f"{field}: {problem}")
        self.field = field
        self.problem = problem
        self.all: tuple[InvalidField, ...] = (self,)


class InvalidFields(InvalidField):
    """Several fields of a request are wrong."""

    def __init__(self, found: Sequence[InvalidField]) -> None:
        super().__init__(found[0].field, found[0].problem)
        self.args = ("; ".join(map(str, found)),)
        self.all = tuple(found)


def refuse(found: Iterable[InvalidField]) -> None:
    """Raise all that is wrong as one error, if anything is."""
    wrong = [each for one in found for each in one.all]
    if wrong:
        raise wrong[0] if len(wrong) == 1 else InvalidFields(wrong)


class NotSignedIn(RapidaError):
    """A request without a key or session that is still good. Says nothing about which part was wrong."""


class NotAllowed(RapidaError):
    """The caller is known, and this is beyond their role or their proof."""


class TooManyTries(RapidaError):
    """Asked too often. `wait_s` is how long to wait before asking again."""

    def __init__(self, message: str, wait_s: int) -> None:
        super().__init__(message)
        self.wait_s = wait_s


class ProofError(RapidaError):
    """A request without valid proof of its sender. Carries no part of the signature or the token.

    The message is the same whatever was asked about; `why` is for the log alone.
    """

    def __init__(self, message: str, why: str = "") -> None:
        super().__init__(message)
        self.why = why


class NotFound(RapidaError):
    """`kind` with `key` does not exist, or is not the asker's to see."""

    def __init__(self, kind: str, key: object, hint: str = "") -> None:
        super().__init__(f"there is no {kind} {key}" + (f": {hint}" if hint else ""))
        self.kind = kind
        self.key = key


class Conflict(RapidaError):
    """The request contradicts what already holds; the message says what."""


class Stale(Conflict):
    """What is to be changed was changed by somebody else meanwhile.

    `etag` names how it is now, and `current` is what it is now, without secrets; None = there is nothing.
    """

    def __init__(self, message: str, etag: str, current: object = None) -> None:
        super().__init__(message)
        self.etag = etag
        self.current = current


class StoreError(RapidaError):
    """The database cannot be reached or refused the work; `retryable` says whether to try again."""

    def __init__(self, message: str, *, retryable: bool = True) -> None:
        super().__init__(message)
        self.retryable = retryable


class DiskFull(StoreError):
    """The disk has no room left. What was refused can be written when there is room again."""


class VaultError(RapidaError):
    """A secret cannot be sealed or opened. Never carries the secret."""


class ProviderError(RapidaError):
    """A provider failed. `provider` is its catalogue name; `retryable` says whether a retry may help."""

    retryable = False
    retry_after_s: float | None = None
    """How long the provider asks to be left alone; None = it does not say."""

    def __init__(self, provider: str, message: str) -> None:
        super().__init__(f"{provider}: {message}")
        self.provider = provider


class ProviderRefused(ProviderError):
    """The provider will refuse again: wrong credentials, exhausted quota, a request it cannot serve."""


class ProviderUnavailable(ProviderError):
    """The provider dropped, stalled or is overloaded: another attempt may succeed.

    `slow_down` says that it is well, and is asked too often.
    """

    retryable = True
    slow_down = False

    def __init__(self, provider: str, message: str, *, retry_after_s: float | None = None) -> None:
        super().__init__(provider, message)
        self.retry_after_s = retry_after_s


class JournalError(RapidaError):
    """A file that is no journal, or one of a version that this code cannot read. `path` is the file."""

    def __init__(self, path: object, problem: str) -> None:
        super().__init__(f"journal {path}: {problem}")
        self.path = path
        self.problem = problem


class WireError(RapidaError):
    """A carrier's message that breaks its own protocol. It never reaches the call core.

    `close_code` is what its socket is closed with (RFC 6455 §7.4.1): 1003 = not text or not JSON,
    1008 = JSON that breaks the protocol, 1009 = too long.
    """

    def __init__(self, message: str, close_code: int = 1008) -> None:
        super().__init__(message)
        self.close_code = close_code


class IllegalEvent(RapidaError):
    """An event the call core cannot meet in its present state: a bug of the shell or of the core."""

    def __init__(self, event: object, state: str) -> None:
        super().__init__(f"{type(event).__name__} cannot happen while {state}")
        self.event = event
        self.state = state


class IllegalStep(RapidaError):
    """A state machine of the call core was to take a step that its table does not have: a bug in the core."""

    def __init__(self, state: str, trigger: str) -> None:
        super().__init__(f"no step {trigger!r} leads on from {state!r}")
        self.state = state
        self.trigger = trigger
