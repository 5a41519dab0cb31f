"""What is remembered: one database, one file per noun, plain frozen values in and out.

Functions of a noun take a transaction, so that the calling function decides what belongs together:
`async with store.write() as tx: await conversations.create(tx, …)`. Nothing here knows a carrier, and nothing
on the media path comes here.
"""

from .db import Store, Transaction

__all__ = ["Store", "Transaction"]
