"""Phrases that count anywhere lead away from what is being asked."""

from tests.llm.flow.flow_call import FlowCall

ANYWHERE = """
failed: bye
anywhere: {operator: [a person, connect me]}
states:
  day:
    ask: {slot: day, kind: date, question: "For what day?", confirm: "{{day}}?"}
    next: staff
  staff:
    ask:
      slot: staff
      kind: choice
      question: "Who?"
      choices: {a: {phrases: [a person]}, b: {phrases: [a robot]}}
    next: note
  note:
    ask: {slot: note, kind: free, question: "What is it?"}
    next: bye
  operator: {say: One moment., transfer: "+15550100"}
  bye: {say: Bye., end: true}
"""


async def test_a_phrase_that_counts_anywhere_leads_away_from_a_question_and_from_a_confirmation() -> None:
    for before in ((), ("on Friday",)):
        call = FlowCall(ANYWHERE)
        await call.begins()
        for each in before:
            await call.says(each)
        await call.says("no, connect me, please")
        assert (call.spoken, call.tool.name) == ("One moment.", "transfer_call")


async def test_what_answers_the_question_itself_or_is_denied_or_dictated_leads_nowhere() -> None:
    call = FlowCall(ANYWHERE)
    await call.begins()
    await call.says("do not connect me")
    assert call.spoken == "Sorry, I did not catch that. For what day?"
    await call.says("on Friday")
    await call.says("yes")
    await call.says("a person")
    assert call.spoken == "What is it?"
    await call.says("connect me with a person")
    assert call.spoken == "Bye."
