"""How well pages of facts answer questions and refuse those they have no answer to, and how long it takes.

`python -m bench.knowledge` prints a row for each way of searching, and two for choices that callers mean in
other words. The questions are those of `tests/knowledge/questions.yaml`, the choices of `meant_choices.yaml`
beside it.
"""

from __future__ import annotations

import asyncio
import time

import msgspec
from tests.knowledge.judged import PAGES, QUESTIONS, Counts, both, judged
from tests.knowledge.meant import HELD_OUT, understood

from rapida.embeddings.base import Embedder
from rapida.embeddings.minilm import Minilm, MinilmOptions

ROUNDS = 5


def row(name: str, counts: Counts) -> str:
    answered = counts.right + counts.wrong + counts.silent
    unanswered = counts.refused + counts.invented
    right, wrong = (100 * each / answered for each in (counts.right, counts.wrong))
    return (
        f"{name:34s} {right:5.1f} % right, {wrong:4.1f} % by another passage (of {answered}); "
        f"{100 * counts.refused / unanswered:5.1f} % refused (of {unanswered})"
    )


async def query_ms(embedder: Embedder) -> tuple[float, float]:
    """Milliseconds by the wall and of the processor for one question."""
    questions = [*QUESTIONS["practice"]["answered"]]
    wall, cpu = time.perf_counter(), time.process_time()
    for _ in range(ROUNDS):
        for question in questions:
            await embedder.embed([question])
    times = ROUNDS * len(questions) / 1000
    return (time.perf_counter() - wall) / times, (time.process_time() - cpu) / times


async def main() -> None:
    minilm = Minilm(MinilmOptions())
    await minilm.start()
    for name, embedder in (("by meaning (minilm)", minilm), ("by words (BM25)", None)):
        for page in PAGES:
            print(row(f"{name}, {page}", await judged(page, embedder)))
        print(row(f"{name}, both pages", await both(embedder)))
        print(row(f"{name}, no `asked`", await both(embedder, asked=False)))
        print(f"choices {name}: {msgspec.structs.asdict(await understood(embedder))}")
        print(f"held-out choices {name}: {msgspec.structs.asdict(await understood(embedder, HELD_OUT))}")
    wall, cpu = await query_ms(minilm)
    print(f"a question embedded: {wall:.1f} ms by the wall, {cpu:.1f} ms of the processor")
    await minilm.aclose()


if __name__ == "__main__":
    asyncio.run(main())
