"""`rapida phone`: ring an assistant as Twilio would, or stand in for Twilio's API and answer its calls.

It turns options into a line and a script, prints the call while it runs and the report at its end. The exit
code is 0 only if the call reached its end.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import typer

from ..errors import ConfigurationError, RapidaError
from ..simulator.twilio import chaos as chaotic
from ..simulator.twilio import script as scripts
from ..simulator.twilio.callee import Callee
from ..simulator.twilio.chaos import Chaos
from ..simulator.twilio.fields import Party
from ..simulator.twilio.line import CALLED, CALLER, Line, place_call
from ..simulator.twilio.network import Account
from ..simulator.twilio.report import CallReport, record
from ..simulator.twilio.rest import RestSide
from ..simulator.twilio.script import AfterAgent, HangUp, Keys, PlayWav, Say, Script, Step
from .caller_voice import speaking

ACCOUNT_SID = "RAPIDA_PHONE_ACCOUNT_SID"
AUTHENTICATION = "RAPIDA_PHONE_AUTH_TOKEN"
"""The environment's variables for the account that signs."""


@dataclass(frozen=True)
class DemoLine:
    """The local installation's demo: its Twilio account, its public host and where that really answers."""

    account: Account
    host: str
    assistant_id: int
    connect: str


DemoAccount = Callable[[], DemoLine | None]
Behaviour = Literal["answers", "busy", "no-answer", "failed"]

_ChaosHelp = (
    "Make something go wrong; repeatable: " + ", ".join(how for how, _ in chaotic.SWITCHES.values()) + "."
)

AssistantId = Annotated[int | None, typer.Option("--assistant", help="The assistant to ring, by its id.")]
Host = Annotated[str | None, typer.Option("--host", help="The platform's public host, as it is signed.")]
Url = Annotated[
    str | None, typer.Option("--url", help="The voice webhook's whole public URL, in place of both.")
]
StatusUrl = Annotated[str | None, typer.Option("--status-callback", help="With --url: where statuses go.")]
Connect = Annotated[
    str | None, typer.Option("--connect", metavar="HOST:PORT", help="Where the public host really answers.")
]
Sayings = Annotated[list[str] | None, typer.Option("--say", help="Say this after the agent; repeatable.")]
Wavs = Annotated[list[Path] | None, typer.Option("--wav", help="Play this WAV after the agent; repeatable.")]
KeyRows = Annotated[list[str] | None, typer.Option("--keys", help="Press these after the agent; repeatable.")]
ScriptFile = Annotated[Path | None, typer.Option("--script", help="A YAML script of what the caller does.")]
RecordTo = Annotated[Path | None, typer.Option("--record", help="A stereo WAV: left said, right heard.")]
FromNumber = Annotated[str, typer.Option("--from", help="The caller's number, or `anonymous`.")]
ToNumber = Annotated[str, typer.Option("--to", help="The number that is rung, or with --rest-port owned.")]
Voice = Annotated[str, typer.Option("--voice", help="The caller's: hibari:heart-low, espeak:en-us+f3, ….")]
Switches = Annotated[list[str] | None, typer.Option("--chaos", metavar="SWITCH", help=_ChaosHelp)]
Seed = Annotated[int, typer.Option("--seed", help="For everything that is left to chance.")]
RestPort = Annotated[
    int | None, typer.Option("--rest-port", help="Ring nobody: be Twilio's API on this port.")
]
CalleeDoes = Annotated[
    Behaviour, typer.Option("--callee", help="With --rest-port: what the called person does.")
]
AnswerAfter = Annotated[float, typer.Option("--answer-after", help="With --rest-port: seconds of ringing.")]


def phone_command(demo_account: DemoAccount = lambda: None) -> Callable[..., None]:
    """The command as a function for typer; `demo_account` tells of the local installation, if any."""

    def phone(
        assistant: AssistantId = None,
        host: Host = None,
        url: Url = None,
        status_callback: StatusUrl = None,
        connect: Connect = None,
        say: Sayings = None,
        wav: Wavs = None,
        keys: KeyRows = None,
        script: ScriptFile = None,
        record_to: RecordTo = None,
        from_number: FromNumber = CALLER.number,
        to_number: ToNumber = CALLED.number,
        voice: Voice = "",
        chaos: Switches = None,
        seed: Seed = 0,
        rest_port: RestPort = None,
        callee: CalleeDoes = "answers",
        answer_after: AnswerAfter = 1.0,
    ) -> None:
        """Ring an assistant with a simulated Twilio phone; exits 0 if the call reached its end."""
        try:
            number = Number(assistant, host, url, status_callback, connect)
            demo = demo_account() if _needs_demo(number, rest_port) else None
            switches = chaotic.parse(chaos or (), seed)
            told = read_script(script, say or (), wav or (), keys or ())
            if rest_port is not None:
                person = Callee(callee, answer_after, script=told)
                account, connect = _account(demo), connect or (demo.connect if demo else None)
                asyncio.run(
                    _answer(
                        account, to_number, connect, rest_port, callee=person, chaos=switches, voice=voice
                    )
                )
                return
            line = read_line(number, demo, from_number, to_number, switches)
            conclude(asyncio.run(_ring(line, told, voice)), record_to)
        except (RapidaError, OSError) as wrong:
            # Apart from our own errors only a taken --rest-port or an unwritable --record come this far.
            typer.echo(f"rapida phone: {wrong}", err=True)
            raise typer.Exit(1) from wrong
        except KeyboardInterrupt:
            raise typer.Exit(0 if rest_port is not None else 1) from None

    return phone


@dataclass(frozen=True)
class Number:
    """What the options say about the number that is rung."""

    assistant: int | None = None
    host: str | None = None
    url: str | None = None
    status_callback: str | None = None
    connect: str | None = None


def read_line(number: Number, demo: DemoLine | None, caller: str, called: str, chaos: Chaos) -> Line:
    """The line that the options describe, the demo filling in. Raises `ConfigurationError`."""
    account = _account(demo)
    connect = number.connect or (demo.connect if demo and not number.host and not number.url else None)
    voice_url, status_url = number.url or "", number.status_callback or ""
    if not voice_url:
        host = number.host or (demo.host if demo else None)
        assistant = number.assistant or (demo.assistant_id if demo else None)
        if not host or not assistant:
            raise ConfigurationError("say whom to ring: --host and --assistant, or --url")
        voice_url = f"https://{host}/v1/talk/twilio/call/{assistant}"
        status_url = f"https://{host}/v1/talk/twilio/event/{assistant}"
    return Line(
        account,
        voice_url,
        status_url,
        caller=CALLER if caller == CALLER.number else Party(caller),
        called=CALLED if called == CALLED.number else Party(called),
        connect=connect,
        chaos=chaos,
    )


def read_script(file: Path | None, say: Sequence[str], wav: Sequence[Path], keys: Sequence[str]) -> Script:
    """The script file, or a step after each sentence of the agent, or the default.

    Raises `ConfigurationError`.
    """
    kinds = sum(map(bool, (file, say, wav, keys)))
    if kinds > 1:
        raise ConfigurationError("choose one of --script, --say, --wav and --keys; a script can mix them")
    if file is not None:
        return scripts.load(file)
    whats = [*map(Say, say), *map(PlayWav, wav), *(Keys(scripts.check_keys("--keys", row)) for row in keys)]
    if not whats:
        return scripts.DEFAULT
    steps = [Step(AfterAgent(), what) for what in whats]
    return Script((*steps, Step(AfterAgent(), HangUp())), name="command line")


def conclude(report: CallReport, record_to: Path | None) -> None:
    """Print the report, keep the recording, and exit 1 if the call did not reach its end."""
    typer.echo("")
    for line in report.lines():
        typer.echo(line)
    if record_to is not None and report.streams:
        record(report.streams[0], record_to)
        typer.echo(f"recording {record_to}")
    if not report.reached_end:
        raise typer.Exit(1)


def _needs_demo(number: Number, rest_port: int | None) -> bool:
    """Whether the options and the environment leave the demo something to fill in."""
    told = number.connect if rest_port is not None else number.url or (number.host and number.assistant)
    return not told or _own_account() is None


def _own_account() -> Account | None:
    """The environment's."""
    sid, token = os.environ.get(ACCOUNT_SID, ""), os.environ.get(AUTHENTICATION, "")
    return Account(sid, token) if sid and token else None


def _account(demo: DemoLine | None) -> Account:
    if own := _own_account():
        return own
    if demo is None:
        raise ConfigurationError(
            f"the phone signs with a Twilio account: set {ACCOUNT_SID} and {AUTHENTICATION}, or run it where "
            "`rapida serve`, started without PUBLIC_ASSISTANT_HOST, has made its demo account"
        )
    return demo.account


def _print(at_s: float, text: str) -> None:
    typer.echo(f"{at_s:7.2f}  {text}")


async def _ring(line: Line, script: Script, voice: str) -> CallReport:
    async with speaking(script, voice) as speak:
        return await place_call(line, script, speak=speak, note=_print)


async def _answer(
    account: Account, number: str, connect: str | None, port: int, callee: Callee, chaos: Chaos, voice: str
) -> None:
    async with (
        speaking(callee.script, voice) as speak,
        RestSide(
            account,
            numbers=(number,),
            connect=connect,
            anyone=callee,
            chaos=chaos,
            speak=speak,
            note=_print,
            port=port,
        ) as rest,
    ):
        typer.echo(f"Twilio's API for {account.sid} answers at {rest.url}; Ctrl-C ends it")
        await asyncio.Event().wait()
