"""Every table, in the order of a reader's questions: whose, what answers, what was said, who may do what.

Each row belongs to a project and each project to an organization. Numeric ids grow and are never reused.
Change a table here and write a migration: a test compares the two.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    Boolean,
    Column,
    Double,
    Index,
    LargeBinary,
    MetaData,
    Table,
    UniqueConstraint,
    Uuid,
)
from sqlalchemy.sql.schema import SchemaItem

from .columns import AnyText, Document, Instant, Number, number_key, refers

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def _table(name: str, *items: SchemaItem, numbered: bool = True) -> Table:
    if not numbered:
        return Table(name, metadata, *items)
    return Table(name, metadata, number_key(), *items, sqlite_autoincrement=True)


def _text(name: str, *, optional: bool = False, **more: Any) -> Column[Any]:
    return Column(name, AnyText, nullable=optional, **more)


def _instant(name: str, *, optional: bool = False) -> Column[Any]:
    return Column(name, Instant, nullable=optional)


def _number(name: str, *, optional: bool = False, **more: Any) -> Column[Any]:
    return Column(name, Number, nullable=optional, **more)


def _document(name: str, *, optional: bool = False) -> Column[Any]:
    return Column(name, Document, nullable=optional)


def _flag(name: str) -> Column[Any]:
    return Column(name, Boolean, nullable=False)


# Whose ----------------------------------------------------------------------------------------------------

organizations = _table("organizations", _text("name"), _instant("created_at"))

projects = _table(
    "projects",
    refers("organization_id", "organizations.id"),
    _text("name"),
    _instant("created_at"),
    UniqueConstraint("organization_id", "name"),
)

users = _table(
    "users",
    _text("email", unique=True),
    _text("name"),
    _text("password_hash"),
    _instant("created_at"),
    _instant("disabled_at", optional=True),
)

members = _table(
    "members",
    refers("organization_id", "organizations.id", primary_key=True),
    refers("user_id", "users.id", primary_key=True),
    _text("role"),
    _instant("created_at"),
    numbered=False,
)

sessions = _table(
    "sessions",
    _text("token_hash", primary_key=True),
    refers("user_id", "users.id", cascade=True, index=True),
    _instant("created_at"),
    _instant("expires_at"),
    _instant("revoked_at", optional=True),
    _instant("last_used_at", optional=True),
    numbered=False,
)

login_tries = _table(
    "login_tries",
    # A digest of the address that was typed, so that unknown accounts are throttled like known ones.
    _text("account", primary_key=True),
    _number("failures"),
    _instant("last_at"),
    numbered=False,
)

api_keys = _table(
    "api_keys",
    refers("project_id", "projects.id", index=True),
    _text("name"),
    _text("prefix"),
    _text("secret_hash", unique=True),
    _text("role"),
    _instant("created_at"),
    _instant("expires_at", optional=True),
    _instant("revoked_at", optional=True),
    _instant("last_used_at", optional=True),
)

# What answers ---------------------------------------------------------------------------------------------

credentials = _table(
    "credentials",
    refers("project_id", "projects.id"),
    _text("provider"),
    _text("name"),
    # The provider's public name of the account (a carrier's id for it), so that a webhook finds its
    # credential without opening every one.
    _text("account"),
    _text("base_url", optional=True),
    _text("key_id", index=True),
    Column("wrapped_key", LargeBinary, nullable=False),
    Column("ciphertext", LargeBinary, nullable=False),
    # Replaced secrets that still prove for a while: sealed, each with the instant its time is over.
    _document("retired", optional=True),
    _instant("created_at"),
    _instant("updated_at"),
    _instant("verified_at", optional=True),
    UniqueConstraint("project_id", "name"),
    # Each request of a carrier looks for its account in every project.
    Index("ix_credentials_provider_account", "provider", "account"),
)
Index(
    "uq_credentials_project_id_provider_account",
    credentials.c.project_id,
    credentials.c.provider,
    credentials.c.account,
    unique=True,
    sqlite_where=credentials.c.account != "",
    postgresql_where=credentials.c.account != "",
)

credential_uses = _table(
    "credential_uses",
    refers("credential_id", "credentials.id", cascade=True, primary_key=True),
    _text("day", primary_key=True),
    _number("uses"),
    numbered=False,
)

assistants = _table(
    "assistants",
    refers("project_id", "projects.id", index=True),
    _text("name"),
    _number("published_version", optional=True),
    _instant("created_at"),
    _instant("archived_at", optional=True),
)

assistant_versions = _table(
    "assistant_versions",
    refers("assistant_id", "assistants.id", primary_key=True),
    _number("version", primary_key=True, autoincrement=False),
    _document("body"),
    _text("note"),
    refers("created_by", "users.id", optional=True),
    _instant("created_at"),
    numbered=False,
)

deployments = _table(
    "deployments",
    refers("project_id", "projects.id"),
    refers("assistant_id", "assistants.id"),
    _text("channel"),
    _flag("enabled"),
    _flag("demo"),
    # The carrier's name in the catalogue; its credential may be gone.
    _text("carrier"),
    refers("credential_id", "credentials.id", optional=True, index=True),
    _text("phone_number", optional=True),
    _document("options"),
    _instant("created_at"),
    _instant("updated_at"),
    UniqueConstraint("assistant_id", "channel"),
)

# What stood at a carrier's number before it was connected here, and what was set in its place: sealed.
connected_numbers = _table(
    "connected_numbers",
    refers("project_id", "projects.id"),
    refers("credential_id", "credentials.id", cascade=True),
    # The carrier's own name for it.
    _text("number_id"),
    _text("number"),
    _text("key_id"),
    Column("wrapped_key", LargeBinary, nullable=False),
    Column("ciphertext", LargeBinary, nullable=False),
    _instant("created_at"),
    _instant("updated_at"),
    UniqueConstraint("credential_id", "number_id"),
)

# What an assistant knows ----------------------------------------------------------------------------------

knowledge_pages = _table(
    "knowledge_pages",
    refers("project_id", "projects.id"),
    _text("name"),
    # As it was written, to be changed and written again.
    _text("text"),
    # Counts up with every change, so that a server sees that its copy is old.
    _number("version"),
    _instant("updated_at"),
    UniqueConstraint("project_id", "name"),
)

knowledge_passages = _table(
    "knowledge_passages",
    refers("page_id", "knowledge_pages.id", cascade=True, primary_key=True),
    _number("number", primary_key=True, autoincrement=False),
    _text("title"),
    _text("text"),
    _document("asked"),
    # The embedding as 32-bit floats, and the model that it is of; absent until the page is first asked.
    _text("model", optional=True),
    Column("vector", LargeBinary, nullable=True),
    numbered=False,
)

appointments = _table(
    "appointments",
    refers("project_id", "projects.id"),
    _text("calendar"),
    # The wall clock of the calendar's zone, as 2027-03-31 14:30: what was agreed holds, whatever clocks do.
    _text("starts_at"),
    _text("name"),
    _text("phone"),
    _text("note"),
    _instant("created_at"),
    _instant("updated_at"),
    _instant("cancelled_at", optional=True),
)
# Nobody is given a time that somebody has, whatever two calls do at once.
Index(
    "uq_appointments_project_id_calendar_starts_at",
    appointments.c.project_id,
    appointments.c.calendar,
    appointments.c.starts_at,
    unique=True,
    sqlite_where=appointments.c.cancelled_at.is_(None),
    postgresql_where=appointments.c.cancelled_at.is_(None),
)

# What was said --------------------------------------------------------------------------------------------

conversations = _table(
    "conversations",
    refers("project_id", "projects.id"),
    refers("assistant_id", "assistants.id"),
    _number("assistant_version"),
    _text("direction"),
    _text("status"),
    _text("caller"),
    _text("callee"),
    _document("arguments"),
    _document("metadata"),
    _text("call_status", optional=True),
    _text("end_reason", optional=True),
    _document("usage", optional=True),
    _text("journal_path", optional=True),
    _instant("created_at"),
    _instant("started_at", optional=True),
    _instant("ended_at", optional=True),
    _instant("recorded_at", optional=True),
    # When its words, sounds and numbers were deleted.
    _instant("erased_at", optional=True),
    Index(None, "project_id", "created_at"),
    Index(None, "assistant_id", "created_at"),
)

contexts = _table(
    "contexts",
    Column("id", Uuid, primary_key=True),
    refers("conversation_id", "conversations.id", cascade=True, index=True),
    refers("project_id", "projects.id"),
    refers("assistant_id", "assistants.id"),
    _text("direction"),
    # No foreign key: a context outlives its credential, and then simply proves nothing.
    _number("credential_id"),
    # How the carrier is called in the catalogue, and how it calls the account and the call.
    _text("carrier"),
    _text("carrier_account"),
    _text("carrier_call_id", optional=True),
    _number("attempt"),
    # The public host its URLs were built from, which the carrier therefore signs.
    _text("host"),
    _text("status"),
    Column("verified", Boolean, nullable=True),
    _text("call_status", optional=True),
    _number("call_status_sequence", optional=True),
    _text("call_status_reason", optional=True),
    _instant("created_at"),
    _instant("expires_at"),
    _instant("claimed_at", optional=True),
    _instant("ended_at", optional=True),
    # The server that claimed it. No foreign key: a call may be older than what is known of its server.
    _text("holder", optional=True),
    # When the carrier is to be asked what became of the call; absent: it has said so, or is not to be asked.
    _instant("ask_at", optional=True),
    # A constraint's name is that of an earlier version's columns: SQLite renames columns and no constraint.
    UniqueConstraint(
        "carrier_account", "carrier_call_id", "attempt", name="uq_contexts_account_sid_call_sid_attempt"
    ),
    Index(None, "carrier_call_id"),
    Index(None, "assistant_id", "status"),
    Index(None, "status", "expires_at"),
    numbered=False,
)

_wanted = contexts.c.ask_at.is_not(None) & contexts.c.carrier_call_id.is_not(None)
Index("ix_contexts_ask_at", contexts.c.ask_at, sqlite_where=_wanted, postgresql_where=_wanted)

# A process that holds calls; one that has not been heard of for a while is dead.
servers = _table(
    "servers",
    _text("id", primary_key=True),
    # Both absent: a version that did not say.
    _text("name", optional=True),
    _document("key_marks", optional=True),
    _instant("started_at"),
    _instant("heard_at"),
    numbered=False,
)

callbacks = _table(
    "callbacks",
    refers("context_id", "contexts.id", cascade=True, index=True),
    _text("carrier_account"),
    _text("carrier_call_id"),
    _text("kind"),
    _text("dedupe_key"),
    _document("fields"),
    _instant("received_at"),
    UniqueConstraint(
        "carrier_account",
        "carrier_call_id",
        "dedupe_key",
        name="uq_callbacks_account_sid_call_sid_dedupe_key",
    ),
)

turns = _table(
    "turns",
    refers("conversation_id", "conversations.id", cascade=True, primary_key=True),
    _number("entry_id", primary_key=True, autoincrement=False),
    _number("turn_id"),
    _text("speaker"),
    _text("text"),
    _text("heard"),
    _text("kind"),
    _flag("cut"),
    numbered=False,
)

metrics = _table(
    "metrics",
    refers("conversation_id", "conversations.id", cascade=True, index=True),
    _number("turn_id", optional=True),
    _text("name"),
    Column("value", Double, nullable=False),
)

events = _table(
    "events",
    refers("conversation_id", "conversations.id", cascade=True),
    _instant("at"),
    _document("happening"),
    Index(None, "conversation_id", "at"),
)

recordings = _table(
    "recordings",
    refers("conversation_id", "conversations.id", cascade=True, index=True),
    _text("path"),
    _number("duration_ms"),
    _number("size_bytes"),
    _instant("created_at"),
)

# Who may do what, and who did -----------------------------------------------------------------------------

intents = _table(
    "intents",
    refers("context_id", "contexts.id", cascade=True, primary_key=True),
    refers("project_id", "projects.id"),
    _number("credential_id"),
    _text("status"),
    _text("to_number"),
    _text("from_number"),
    _text("reason", optional=True),
    _document("options"),
    _number("attempts"),
    # When the carrier was, or is just being, asked; and until when nobody need ask it again.
    _instant("dial_at", optional=True),
    _instant("not_before", optional=True),
    _instant("not_after"),
    _instant("created_at"),
    _instant("updated_at"),
    _instant("ended_at", optional=True),
    Index(None, "project_id", "status", "ended_at"),
    Index(None, "credential_id", "status", "created_at"),
    Index(None, "status", "not_after"),
    Index(None, "status", "ended_at"),
    numbered=False,
)

# One row for a project (credential 0) and one for each of its credentials: what may be dialled, and how soon.
dial_lanes = _table(
    "dial_lanes",
    refers("project_id", "projects.id", primary_key=True),
    _number("credential_id", primary_key=True, autoincrement=False),
    Column("calls_per_second", Double, nullable=False),
    _number("concurrent_calls"),
    _number("calls_per_day"),
    _instant("next_at", optional=True),
    numbered=False,
)

dial_days = _table(
    "dial_days",
    refers("project_id", "projects.id", primary_key=True),
    _text("day", primary_key=True),
    _number("calls"),
    numbered=False,
)

idempotency_keys = _table(
    "idempotency_keys",
    refers("project_id", "projects.id", primary_key=True),
    _text("key", primary_key=True),
    _text("fingerprint"),
    refers("context_id", "contexts.id", cascade=True, index=True),
    _instant("created_at"),
    Index(None, "created_at"),
    numbered=False,
)

# A process that works off the queue; one that has not been heard of for a while is dead.
executors = _table(
    "executors",
    _text("id", primary_key=True),
    _instant("started_at"),
    _instant("heard_at"),
    numbered=False,
)

audit = _table(
    "audit",
    refers("organization_id", "organizations.id"),
    refers("project_id", "projects.id", optional=True),
    _text("actor"),
    _text("action"),
    _text("subject"),
    _document("detail"),
    _instant("at"),
    Index(None, "organization_id", "at"),
)
