from rapida.call import commands as c
from tests.call.stage import Says, Stage


def show(stage):
    for at, o in stage.orders: print(at//1000, o)


def test_smoke():
    s = Stage(replies=[Says("We are open from nine to five. Anything else?"), Says("Goodbye then.", tools=[("end_call", "{}")])])
    s.run(500).connect()
    s.until_heard("Welcome")
    s.caller_says("when are you open", for_ms=1200)
    s.until_playing("We are open", 300)
    s.caller_says("", for_ms=250)   # cough
    s.until_heard("We are open")
    s.caller_says("no thanks", for_ms=900, at=s.now_ms + 500)
    s.run()
    show(s)
    print(s.transcript)
    assert s.end == "agent_hangup"
