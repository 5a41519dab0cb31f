"""Why calls do not come through on one assistant's line: facts about it in, one finding for each station out.

The line's own stations follow those of the public name (`checks.py`): what the assistant is connected with,
whether its carrier knows the account, where the number leads, whether a signed request is proved, and whether
the vendors that it speaks and thinks by accept their keys. Gathering the facts is `phone_facts.py`'s.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

from .checks import StationFinding, Verdict, finding
from .public_name import RoundTrip

PROVED: Final = 204
"""How a callback that is proved and of no call of ours is answered."""
REFUSED: Final = 403
"""How one that is not proved is answered."""

Leads = Literal["here", "elsewhere", "nobody", "absent", "unshown", "unknown"]
"""Where a number leads: to this assistant at this host, to another address, to none. Else it is not of the
account, the carrier does not show its numbers, or the carrier could not be asked."""


@dataclass(frozen=True, kw_only=True)
class KeyCheck:
    """A credential, and whether its provider takes it. An empty `error` = it does."""

    name: str
    """As the project calls it, with its provider."""
    error: str = ""
    unreachable: bool = False
    """Whether nobody there could be asked, so that the credential may be good."""


@dataclass(frozen=True, kw_only=True)
class PhoneFacts:
    """What was found of one line. None of a station = it was not looked at."""

    assistant: str
    assistant_id: int = 0
    carrier: str = ""
    """Empty = it is on no line."""
    demo: bool = False
    """It is the local demo's, whose account no carrier knows."""
    published: bool = True
    enabled: bool = True
    account: KeyCheck | None = None
    """The carrier's credential; None = the line has none."""
    number: str = ""
    """The telephone number that the line names; empty = none."""
    leads: Leads = "unknown"
    where: str = ""
    """The address that the number asks in place of ours."""
    takes_calls: bool = True
    voice_url: str = ""
    """Our address for its calls, to be set at the number."""
    reports_to: str = ""
    """The address that the number's calls are reported to; empty = none."""
    status_url: str = ""
    """Ours, to be set there."""
    tried: RoundTrip | None = None
    """None = the public name does not lead here, so that there was nobody to try."""
    vendors: Sequence[KeyCheck] = field(default_factory=tuple[KeyCheck, ...])


def examined_line(facts: PhoneFacts) -> list[StationFinding]:
    """Every station of a line, in the order of the table, then one for each vendor."""
    findings = [finding(name, check(facts), facts.assistant) for name, check in LINE.items()]
    return [*findings, *(finding("provider", _vendor(each), each.name) for each in facts.vendors)]


def _line(facts: PhoneFacts) -> Verdict:
    command = f"rapida numbers connect NUMBER --assistant {facts.assistant_id}"
    connect = f"connect a number with it: `{command}`"
    if not facts.carrier:
        return "it is not on the phone", connect
    if facts.demo:
        return "it is on the demo's line, which only the simulated phone calls", connect
    if not facts.published:
        return "no version of it is published, so that callers hear that it is not connected", "publish one"
    if not facts.enabled:
        return "its phone deployment is switched off", "switch it on: `enabled: true` in its phone deployment"
    return f"it is on the phone at {facts.carrier}"


def _account(facts: PhoneFacts) -> Verdict:
    if not _on_line(facts):
        return None
    if facts.account is None:
        return (
            f"its phone deployment names no credential of {facts.carrier}, so that no request is proved",
            f"keep one for {facts.carrier} under Credentials, and name it in the phone deployment",
        )
    return _key(facts.account, facts.carrier)


def _number(facts: PhoneFacts) -> Verdict:
    if not _asked(facts):
        return None
    if not facts.number:
        return f"no number is named: each that asks {facts.voice_url} is answered"
    if not facts.takes_calls:
        return f"{facts.number} takes no calls by voice", "take a number of the account that does"
    return _LEADS[facts.leads](facts)


def _status_callback(facts: PhoneFacts) -> Verdict:
    if not _asked(facts) or not facts.number or facts.leads != "here":
        return None
    if facts.reports_to == facts.status_url:
        return f"{facts.carrier} tells us how each call to {facts.number} ends"
    to = "another address" if facts.reports_to else "nobody"
    return (
        f"calls to {facts.number} are reported to {to}, so that we learn late, and by asking, how they end",
        f"connect it again, or set {facts.status_url} as its status callback at {facts.carrier}",
    )


def _signature(facts: PhoneFacts) -> Verdict:
    if not _on_line(facts) or facts.account is None or facts.tried is None:
        return None
    signed, forged = facts.tried.signed, facts.tried.forged
    if signed is None or forged is None:
        return "a signed request gets no answer", "see that the tunnel or proxy passes POST requests on"
    if (signed, forged) == (PROVED, REFUSED):
        return "a signed request is proved, and a forged one is refused"
    if signed == PROVED:
        fix = "let the tunnel or proxy lead to this server alone: somebody else answers in its place"
        return f"a forged request is answered {forged} in place of our refusal, {REFUSED}", fix
    if signed == REFUSED:
        return (
            "a request signed by the credential is refused: its address or body is changed on the way",
            "let the proxy keep path, query and body as they come, and restart the server if "
            "PUBLIC_ASSISTANT_HOST or the credential was changed behind its back",
        )
    fix = "let the tunnel or proxy pass POST requests on to this server; its log says more"
    return f"a signed request is answered {signed} in place of {PROVED}", fix


def _vendor(key: KeyCheck) -> Verdict:
    return _key(key, "the provider")


def _key(key: KeyCheck, provider: str) -> Verdict:
    if not key.error:
        return f"{provider} accepts it"
    if key.unreachable:
        fix = (
            "see that this machine reaches it: DNS, firewall, proxy; else look at the provider's status page"
        )
        return f"it cannot be asked: {key.error}", fix
    return (
        f"{provider} does not accept it: {key.error}",
        "replace its secret under Credentials, and verify it",
    )


def _on_line(facts: PhoneFacts) -> bool:
    return bool(facts.carrier) and not facts.demo


def _asked(facts: PhoneFacts) -> bool:
    """Whether the carrier knows the account, so that it can be asked for its numbers."""
    return _on_line(facts) and facts.account is not None and not facts.account.error


def _connect(facts: PhoneFacts) -> str:
    command = f"rapida numbers connect {facts.number} --assistant {facts.assistant_id}"
    return f"`{command}`, or set {facts.voice_url} as its voice URL at {facts.carrier}"


_LEADS: Final[dict[Leads, Callable[[PhoneFacts], Verdict]]] = {
    "here": lambda facts: f"{facts.number} leads here",
    "elsewhere": lambda facts: (f"{facts.number} leads to {facts.where}", _connect(facts)),
    "nobody": lambda facts: (f"{facts.number} leads nowhere", _connect(facts)),
    "absent": lambda facts: (
        f"{facts.number} is no number of this account",
        "correct `phone_number` in the phone deployment, or name the credential of the account that has it",
    ),
    "unshown": lambda facts: (
        f"{facts.carrier} does not show its numbers: see there that {facts.number} asks {facts.voice_url}"
    ),
    "unknown": lambda facts: None,
}

LINE: Final[dict[str, Callable[[PhoneFacts], Verdict]]] = {
    "phone deployment": _line,
    "credential": _account,
    "number": _number,
    "status callback": _status_callback,
    "signature": _signature,
}
