"""Twilio Programmable Voice: its Media Streams wire, its documents, its proof and its REST interface.

`media` and `twiml` are pure, `webhook` proves and reads what Twilio sends over HTTP, `rest` speaks to Twilio.
"""
