"""How a call begins over the wire: the greeting with its variables, and the first question behind it."""

from __future__ import annotations

from rapida.assistant import Provider
from rapida.call.happenings import VariablesMissing
from rapida.simulator.twilio.script import AfterAgent, HangUp, Keys, Step
from rapida.store.deployments import PhoneOptions

from .server import InProcessServer, assistant

GONE = Step(AfterAgent(200), HangUp())
MENU = """
failed: bye
states:
  menu:
    ask:
      slot: topic
      kind: choice
      question: "Repairs, or hours?"
      choices:
        repairs: {phrases: [repairs], key: "1"}
        hours: {phrases: [opening hours], key: "2"}
    next: {repairs: repairs, hours: hours}
  repairs: {say: "Bring it here.", end: true}
  hours: {say: "Nine to six.", end: true}
  bye: {say: "Sorry.", end: true}
"""
FLOW = Provider("flow", {"script": MENU})


async def test_a_deployments_greeting_is_said_before_a_flows_first_question_and_its_answer_is_heard(
    server: InProcessServer,
) -> None:
    wanted = assistant(greeting="", llm=FLOW, hears=["opening hours"])
    number = await server.install(wanted, options=PhoneOptions(greeting="This is the reception."))
    report = await server.ring(number, Step(AfterAgent(400), Keys("2")))
    assert report.faults == []
    kept = await server.kept_of(report)
    agent = [entry.heard for entry in kept.entries("agent")]
    assert agent == ["This is the reception.", "Repairs, or hours?", "Nine to six."]
    assert kept.conversation.end_reason == "agent_hangup"


async def test_an_announcement_alone_keeps_no_model_from_beginning(server: InProcessServer) -> None:
    wanted = assistant(["Fine, and you?"], greeting="")
    number = await server.install(wanted, options=PhoneOptions(announcement="This call is recorded."))
    kept = await server.kept_of(await server.ring(number, GONE))
    agent = [entry.heard for entry in kept.entries("agent")]
    assert agent == ["This call is recorded.", "Fine, and you?"]


async def test_a_call_that_lacks_a_variable_says_so_among_its_events_and_speaks_no_braces(
    server: InProcessServer,
) -> None:
    greeting = "Hello {{name}}, {{company}} here."
    wanted = assistant(greeting=greeting, variables={"company": "Acme"}, prompt="You are {{role}}.")
    kept = await server.kept_of(await server.ring(await server.install(wanted), GONE))
    assert [entry.heard for entry in kept.entries("agent")] == ["Hello, Acme here."]
    assert kept.happened(VariablesMissing) == [VariablesMissing(("name",))]
    assert kept.journal().head.assistant.greeting == "Hello, Acme here."
