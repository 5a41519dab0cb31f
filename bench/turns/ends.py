"""What a recogniser's words are taken for in the middle of a sentence, and at its end.

`python -m bench.turns.ends`. Sentences of a telephone are spoken whole by the local voice and cut behind a
word where callers stop to think, so that the beginning sounds as if more were to come. The local recogniser
hears the beginning and the whole, and its words are read as by the turn-end model `text`. Both lists were
written before any of it had been heard. What may follow "number" and "which day it was" came from whole
sentences of the second, and nothing that makes the reader wait.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterable

from rapida.call.events import Question
from rapida.providers.build import build
from rapida.providers.model_files import find
from rapida.stt.moonshine_worker import Listening, ModelPlaces, SpokenUtterance, load
from rapida.tts import CATALOGUE as VOICES
from rapida.tts.base import TextToSpeech
from rapida.turn_end.sentence_end import SentenceEnd, ending

from ..speech import room

PRACTICE = """
I would like to book a | table for two people.
Can you tell me when | you open on Sunday?
I'm calling about an | appointment I have next week.
We need to move the whole | thing to another day.
My daughter has a bad | tooth and it hurts.
I bought a new | phone from you last month.
The man who came was not a very nice | person.
I want | to speak with somebody about my bill.
I'd like to cancel | my booking for Friday.
Could you please send | me the invoice again?
We are looking for | a hotel near the station.
I have been waiting since | eight o'clock this morning.
The heating in my flat | does not work any more.
It is the second time | that nobody came.
I think my name is | spelled wrong on the letter.
The order number on the paper | ends with four two.
She said that the doctor | would call me back.
You can reach me | after six in the evening.
I have a question about | the insurance.
Is there anything | earlier than three?
Let me | look that up.
My wife and | I would like to come on Saturday.
We live in a small | village near the river.
He told us it would | take two days.
I forgot the old | password.
We have two young | children with us.
I was there on Monday and on | Wednesday.
If it rains we | will come later.
I am not happy with the | service.
The train from London | was late.
"""
MEASURED = """
I need to change the | date of my flight.
Do you know whether | the shop is open today?
I'm looking for a cheap | room for one night.
My neighbour said there is a | leak in the wall.
We ordered a large | box of apples.
It was a really long | journey for my parents.
I want you | to call me tomorrow.
Please give | my regards to the nurse.
Could I have | the soup instead?
They were supposed to bring | the parts on Tuesday.
I'd rather pay | with a card.
My account says that I | owe forty pounds.
The last time I was there | nobody helped me.
The lady at the front desk | gave me this number.
We moved here | about a year ago.
The key to the back | door is missing.
I've lost | my ticket.
Can you put me through to | the sales department?
My son is | allergic to nuts.
I would prefer the early | train.
There was an old | man at the window.
I got an email | from your colleague.
I do not remember | which day it was.
It costs more than | I expected.
Your colleague promised | a refund.
The car makes a strange | noise in the morning.
Do I need a different | form for my child?
We will be four | adults and a baby.
I broke my left | arm on Sunday.
Tell him that it is | urgent.
"""
MAX_CUT_IN_PERCENT = 10.0
_BEFORE, _AFTER = room(15), room(10)
_PARTS = ("encoder", "decoder", "tokens")
_SOON = {SentenceEnd.SENTENCE, SentenceEnd.ANSWER}
"""After these the agent answers within a pause of 800 ms."""


async def _counts(sentences: Iterable[str], speaker: TextToSpeech, listening: Listening) -> Counter[str]:
    found: Counter[str] = Counter()
    for sentence in sentences:
        begun, _, _ = sentence.partition(" | ")
        pieces = [piece async for piece in speaker.synthesize(sentence.replace("| ", ""))]
        sound = b"".join(piece.ulaw for piece in pieces)
        words = [word for piece in pieces for word in piece.words]
        until = 8 * words[len(begun.split()) - 1].end_ms
        for what, heard in (("begun", sound[:until]), ("whole", sound)):
            text = listening.hear(SpokenUtterance(_BEFORE + heard + _AFTER)).text
            read = ending(text, Question(), "en-US")
            found[f"{what}_{read.name.lower()}"] += 1
            if (what == "begun") == (read in _SOON):
                print(f"  {sentence!r}: {what} was heard as {text!r}, {read.value}")
    return found


async def _run() -> None:
    encoder, decoder, tokens = (str(find(f"moonshine-{part}")) for part in _PARTS)
    listening = Listening(load(ModelPlaces(encoder, decoder, tokens)))
    speaker: TextToSpeech = build(VOICES, "hibari", {})
    await speaker.start()
    try:
        for name, sentences in (("practice", PRACTICE), ("measured", MEASURED)):
            lines = sentences.strip().splitlines()
            found = await _counts(lines, speaker, listening)
            cut_in = 100 * (found["begun_sentence"] + found["begun_answer"]) / len(lines)
            print(
                f"{name}: {cut_in:.1f} % (≤ {MAX_CUT_IN_PERCENT:g}) of {len(lines)} beginnings are taken for "
                "an end; "
                f"of the whole sentences {found['whole_sentence']} end, {found['whole_open']} may go on, "
                f"{found['whole_goes_on']} are taken to go on"
            )
    finally:
        await speaker.aclose()


if __name__ == "__main__":
    asyncio.run(_run())
