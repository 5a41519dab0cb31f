"""The tables of calls that we place: what is to be dialled, how soon, and who works it off."""

from __future__ import annotations

from sqlalchemy import Column, Double, Index

from .columns import document, instant, number, refers, table, text

intents = table(
    "intents",
    refers("context_id", "contexts.id", cascade=True, primary_key=True),
    refers("project_id", "projects.id"),
    number("credential_id"),
    text("status"),
    text("to_number"),
    text("from_number"),
    text("reason", optional=True),
    document("options"),
    number("attempts"),
    # When the carrier was, or is just being, asked; and until when nobody need ask it again.
    instant("dial_at", optional=True),
    instant("not_before", optional=True),
    instant("not_after"),
    instant("created_at"),
    instant("updated_at"),
    instant("ended_at", optional=True),
    Index(None, "project_id", "status", "ended_at"),
    Index(None, "credential_id", "status", "created_at"),
    Index(None, "status", "not_after"),
    Index(None, "status", "ended_at"),
    numbered=False,
)

# One row for a project (credential 0) and one for each of its credentials: what may be dialled, and how soon.
dial_lanes = table(
    "dial_lanes",
    refers("project_id", "projects.id", primary_key=True),
    number("credential_id", primary_key=True, autoincrement=False),
    Column("calls_per_second", Double, nullable=False),
    number("concurrent_calls"),
    number("calls_per_day"),
    instant("next_at", optional=True),
    numbered=False,
)

dial_days = table(
    "dial_days",
    refers("project_id", "projects.id", primary_key=True),
    text("day", primary_key=True),
    number("calls"),
    numbered=False,
)

idempotency_keys = table(
    "idempotency_keys",
    refers("project_id", "projects.id", primary_key=True),
    text("key", primary_key=True),
    text("fingerprint"),
    refers("context_id", "contexts.id", cascade=True, index=True),
    instant("created_at"),
    Index(None, "created_at"),
    numbered=False,
)

# A process that works off the queue; one that has not been heard of for a while is dead.
executors = table(
    "executors",
    text("id", primary_key=True),
    instant("started_at"),
    instant("heard_at"),
    numbered=False,
)
