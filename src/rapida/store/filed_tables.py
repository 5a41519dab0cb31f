"""The tables of what is known about conversations that are over: found, counted, marked and paid.

They are filled beside the calls (`filing.py`), and by people.
"""

from __future__ import annotations

from sqlalchemy import Column, LargeBinary

from .columns import Instant, document, instant, number, refers, table, text

# What a list tells of a conversation: how often what happened in it.
figures = table(
    "figures",
    refers("conversation_id", "conversations.id", cascade=True, primary_key=True),
    number("cut"),
    number("false_alarms"),
    number("failed"),
    number("tools"),
    # What it added to the statistics, to be taken back should it end another way.
    document("counted", optional=True),
    numbered=False,
)

# What people marked a conversation with.
tags = table(
    "tags",
    number("project_id", primary_key=True, autoincrement=False),
    text("tag", primary_key=True),
    refers("conversation_id", "conversations.id", cascade=True, primary_key=True, index=True),
    numbered=False,
)

# What the calls that began in a quarter of an hour add up to.
statistics = table(
    "statistics",
    refers("project_id", "projects.id", primary_key=True),
    Column("at", Instant, primary_key=True),
    refers("assistant_id", "assistants.id", primary_key=True),
    number("version", primary_key=True, autoincrement=False),
    document("counts"),
    # Packed (store/latencies.py).
    Column("latencies", LargeBinary, nullable=False),
    numbered=False,
)

# By which words a conversation is found.
spoken_words = table(
    "spoken_words",
    number("project_id", primary_key=True, autoincrement=False),
    text("word", primary_key=True),
    # No foreign key: its index would be as large as the table. Erasing deletes the rows.
    number("conversation_id", primary_key=True, autoincrement=False),
    numbered=False,
    sqlite_with_rowid=False,
)

# For how many days a project keeps its conversations; without a row, for ever.
retention = table(
    "retention",
    refers("project_id", "projects.id", primary_key=True),
    number("days"),
    instant("updated_at"),
    numbered=False,
)

# What a project pays for what calls use, by its own word.
rates = table(
    "rates",
    refers("project_id", "projects.id", primary_key=True),
    document("body"),
    instant("updated_at"),
    numbered=False,
)
