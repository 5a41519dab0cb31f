"""The simplest carrier, whole: its own words, a page of JSON each way, and a phone in memory.

It proves that the platform knows no carrier by name, and is the one to read before writing another. Its
other end listens at `RAPIDA_LOOPBACK_API_URL`; without that it brings calls and places none.

What it says over HTTP is JSON by POST, signed in `x-loopback-signature`: SHA-256 HMAC, by the account's
token, of method, URL and body (`request.py`). What it is told to do is a JSON document (`documents.py`). Its
media stream is JSON text messages (`stream.py`), and it takes orders at its own HTTP interface (`rest.py`).
`phone.py` is the phone: what a caller says and hears, on a clock that is given to it.
"""
