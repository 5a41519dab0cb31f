"""A telephone and its carrier, simulated: a Twilio look-alike that meets the platform only over the wire.

It imports nothing of the platform but sound tables and errors, so that it can judge the protocol.
`line.place_call` rings a number; `rest.RestSide` is the API through which the platform places calls.
"""
