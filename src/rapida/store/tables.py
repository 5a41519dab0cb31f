"""Every table, in the order of a reader's questions: whose, what answers, what was said, what was done.

Each row belongs to a project and each project to an organization. Numeric ids grow and are never reused.
Change a table here and write a migration: a test compares the two.
"""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    Column,
    Double,
    Index,
    LargeBinary,
    UniqueConstraint,
    Uuid,
    false,
)

from .columns import document, flag, instant, number, refers, table, text
from .columns import metadata as metadata  # noqa: PLC0414 (it is whole once this module is read)
from .dialling_tables import dial_days as dial_days  # noqa: PLC0414
from .dialling_tables import dial_lanes as dial_lanes  # noqa: PLC0414
from .dialling_tables import executors as executors  # noqa: PLC0414
from .dialling_tables import idempotency_keys as idempotency_keys  # noqa: PLC0414
from .dialling_tables import intents as intents  # noqa: PLC0414
from .filed_tables import figures as figures  # noqa: PLC0414
from .filed_tables import rates as rates  # noqa: PLC0414
from .filed_tables import retention as retention  # noqa: PLC0414
from .filed_tables import spoken_words as spoken_words  # noqa: PLC0414
from .filed_tables import statistics as statistics  # noqa: PLC0414
from .filed_tables import tags as tags  # noqa: PLC0414
from .knowledge_tables import appointments as appointments  # noqa: PLC0414
from .knowledge_tables import knowledge_pages as knowledge_pages  # noqa: PLC0414
from .knowledge_tables import knowledge_passages as knowledge_passages  # noqa: PLC0414

# Whose ----------------------------------------------------------------------------------------------------

organizations = table("organizations", text("name"), instant("created_at"))

projects = table(
    "projects",
    refers("organization_id", "organizations.id"),
    text("name"),
    instant("created_at"),
    UniqueConstraint("organization_id", "name"),
)

users = table(
    "users",
    text("email", unique=True),
    text("name"),
    text("password_hash"),
    instant("created_at"),
    instant("disabled_at", optional=True),
)

members = table(
    "members",
    refers("organization_id", "organizations.id", primary_key=True),
    refers("user_id", "users.id", primary_key=True),
    text("role"),
    instant("created_at"),
    numbered=False,
)

sessions = table(
    "sessions",
    text("token_hash", primary_key=True),
    refers("user_id", "users.id", cascade=True, index=True),
    instant("created_at"),
    instant("expires_at"),
    instant("revoked_at", optional=True),
    instant("last_used_at", optional=True),
    numbered=False,
)

login_tries = table(
    "login_tries",
    # A digest of the address that was typed, so that unknown accounts are throttled like known ones.
    text("account", primary_key=True),
    number("failures"),
    instant("last_at"),
    numbered=False,
)

api_keys = table(
    "api_keys",
    refers("project_id", "projects.id", index=True),
    text("name"),
    text("prefix"),
    text("secret_hash", unique=True),
    text("role"),
    instant("created_at"),
    instant("expires_at", optional=True),
    instant("revoked_at", optional=True),
    instant("last_used_at", optional=True),
)

# What answers ---------------------------------------------------------------------------------------------

credentials = table(
    "credentials",
    refers("project_id", "projects.id"),
    text("provider"),
    text("name"),
    # The provider's public name of the account (a carrier's id for it), so that a webhook finds its
    # credential without opening every one.
    text("account"),
    text("base_url", optional=True),
    text("key_id", index=True),
    Column("wrapped_key", LargeBinary, nullable=False),
    Column("ciphertext", LargeBinary, nullable=False),
    # Replaced secrets that still prove for a while: sealed, each with the instant its time is over.
    document("retired", optional=True),
    instant("created_at"),
    instant("updated_at"),
    instant("verified_at", optional=True),
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

credential_uses = table(
    "credential_uses",
    refers("credential_id", "credentials.id", cascade=True, primary_key=True),
    text("day", primary_key=True),
    number("uses"),
    numbered=False,
)

assistants = table(
    "assistants",
    refers("project_id", "projects.id", index=True),
    text("name"),
    number("published_version", optional=True),
    instant("created_at"),
    instant("archived_at", optional=True),
)

assistant_versions = table(
    "assistant_versions",
    refers("assistant_id", "assistants.id", primary_key=True),
    number("version", primary_key=True, autoincrement=False),
    document("body"),
    text("note"),
    refers("created_by", "users.id", optional=True),
    instant("created_at"),
    numbered=False,
)

deployments = table(
    "deployments",
    refers("project_id", "projects.id"),
    refers("assistant_id", "assistants.id"),
    text("channel"),
    flag("enabled"),
    flag("demo"),
    # The carrier's name in the catalogue; its credential may be gone.
    text("carrier"),
    refers("credential_id", "credentials.id", optional=True, index=True),
    text("phone_number", optional=True),
    document("options"),
    instant("created_at"),
    instant("updated_at"),
    UniqueConstraint("assistant_id", "channel"),
)

# What stood at a carrier's number before it was connected here, and what was set in its place: sealed.
connected_numbers = table(
    "connected_numbers",
    refers("project_id", "projects.id"),
    refers("credential_id", "credentials.id", cascade=True),
    # The carrier's own name for it.
    text("number_id"),
    text("number"),
    text("key_id"),
    Column("wrapped_key", LargeBinary, nullable=False),
    Column("ciphertext", LargeBinary, nullable=False),
    instant("created_at"),
    instant("updated_at"),
    UniqueConstraint("credential_id", "number_id"),
)

# What was said --------------------------------------------------------------------------------------------

conversations = table(
    "conversations",
    refers("project_id", "projects.id"),
    refers("assistant_id", "assistants.id"),
    number("assistant_version"),
    text("direction"),
    # How it is held: phone, browser or text.
    text("channel"),
    text("status"),
    text("caller"),
    text("callee"),
    document("arguments"),
    document("metadata"),
    text("call_status", optional=True),
    text("end_reason", optional=True),
    document("usage", optional=True),
    document("answers", optional=True),
    text("journal_path", optional=True),
    instant("created_at"),
    instant("started_at", optional=True),
    instant("ended_at", optional=True),
    instant("recorded_at", optional=True),
    # When its words, sounds and numbers were deleted.
    instant("erased_at", optional=True),
    # It is over, and its words are not findable yet, nor its figures told (switchboard/filing.py).
    flag("unfiled", server_default=false()),
    # What people wrote about it.
    text("note", optional=True),
    # Of its replies: how long the caller waited for the middle one, and at most.
    number("usual_ms", optional=True),
    number("slowest_ms", optional=True),
    # The newest of a project come from one index, in order; so do those of a number on either side.
    Index(None, "project_id", "created_at", "id"),
    Index(None, "project_id", "caller", "created_at", "id"),
    Index(None, "project_id", "callee", "created_at", "id"),
    Index(None, "assistant_id", "created_at"),
)
# The oldest that are kept; and what other servers erased.
_kept, _gone = conversations.c.erased_at.is_(None), conversations.c.erased_at.is_not(None)
Index(
    "ix_conversations_kept",
    conversations.c.project_id,
    conversations.c.created_at,
    sqlite_where=_kept,
    postgresql_where=_kept,
)
Index(
    "ix_conversations_erased_at_id",
    conversations.c.erased_at,
    conversations.c.id,
    sqlite_where=_gone,
    postgresql_where=_gone,
)
Index(
    "ix_conversations_unfiled",
    conversations.c.id,
    sqlite_where=conversations.c.unfiled,
    postgresql_where=conversations.c.unfiled,
)

contexts = table(
    "contexts",
    Column("id", Uuid, primary_key=True),
    refers("conversation_id", "conversations.id", cascade=True, index=True),
    refers("project_id", "projects.id"),
    refers("assistant_id", "assistants.id"),
    text("direction"),
    # No foreign key: a context outlives its credential, and then simply proves nothing. 0 = it never had one.
    number("credential_id"),
    # How the carrier is called in the catalogue (or `browser`), and how it calls the account and the call.
    text("carrier"),
    text("carrier_account"),
    text("carrier_call_id", optional=True),
    number("attempt"),
    # The public host its URLs were built from, which the carrier therefore signs.
    text("host"),
    text("status"),
    Column("verified", Boolean, nullable=True),
    text("call_status", optional=True),
    number("call_status_sequence", optional=True),
    text("call_status_reason", optional=True),
    instant("created_at"),
    instant("expires_at"),
    instant("claimed_at", optional=True),
    instant("ended_at", optional=True),
    # The server that claimed it. No foreign key: a call may be older than what is known of its server.
    text("holder", optional=True),
    # When the carrier is to be asked what became of the call; absent: it has said so, or is not to be asked.
    instant("ask_at", optional=True),
    # A constraint's name is that of an earlier version's columns: SQLite renames columns and no constraint.
    UniqueConstraint(
        "carrier_account", "carrier_call_id", "attempt", name="uq_contexts_account_sid_call_sid_attempt"
    ),
    Index(None, "carrier_call_id"),
    Index(None, "assistant_id", "status"),
    Index(None, "status", "expires_at"),
    numbered=False,
)

# What a conversation without a telephone needs besides its context, until its stream is there.
talks = table(
    "talks",
    refers("context_id", "contexts.id", cascade=True, primary_key=True),
    # Whose browser it is; absent: whoever an API key's owner told the context.
    refers("user_id", "users.id", optional=True, cascade=True),
    # The assistant as it was sent, unsaved; absent: a saved version answers.
    document("draft", optional=True),
    # The only page that may open it, of another site; absent: a page of this server.
    text("origin", optional=True),
    numbered=False,
)

# What a page of another site shows to have its visitors talked to. No secret: every visitor can read it.
publishable_tokens = table(
    "publishable_tokens",
    refers("project_id", "projects.id", index=True),
    refers("assistant_id", "assistants.id", cascade=True, index=True),
    text("name"),
    text("token", unique=True),
    document("origins"),
    number("calls_per_minute"),
    instant("created_at"),
    instant("revoked_at", optional=True),
    # The minute that is being counted, and the calls in it.
    instant("minute_at", optional=True),
    number("minute_calls", server_default="0"),
)

_wanted = contexts.c.ask_at.is_not(None) & contexts.c.carrier_call_id.is_not(None)
Index("ix_contexts_ask_at", contexts.c.ask_at, sqlite_where=_wanted, postgresql_where=_wanted)

# A process that holds calls; one that has not been heard of for a while is dead.
servers = table(
    "servers",
    text("id", primary_key=True),
    # Both absent: a version that did not say.
    text("name", optional=True),
    document("key_marks", optional=True),
    # Projects whose calls somebody follows there; each with when that began, in ns. Absent: none.
    document("follows", optional=True),
    instant("started_at"),
    instant("heard_at"),
    numbered=False,
)

callbacks = table(
    "callbacks",
    refers("context_id", "contexts.id", cascade=True, index=True),
    text("carrier_account"),
    text("carrier_call_id"),
    text("kind"),
    text("dedupe_key"),
    document("fields"),
    instant("received_at"),
    UniqueConstraint(
        "carrier_account",
        "carrier_call_id",
        "dedupe_key",
        name="uq_callbacks_account_sid_call_sid_dedupe_key",
    ),
)

turns = table(
    "turns",
    refers("conversation_id", "conversations.id", cascade=True, primary_key=True),
    number("entry_id", primary_key=True, autoincrement=False),
    number("turn_id"),
    text("speaker"),
    text("text"),
    text("heard"),
    text("kind"),
    flag("cut"),
    number("at_ms", optional=True),
    numbered=False,
)

metrics = table(
    "metrics",
    refers("conversation_id", "conversations.id", cascade=True, index=True),
    number("turn_id", optional=True),
    text("name"),
    Column("value", Double, nullable=False),
)

events = table(
    "events",
    refers("conversation_id", "conversations.id", cascade=True),
    instant("at"),
    document("happening"),
    Index(None, "conversation_id", "at"),
)

recordings = table(
    "recordings",
    refers("conversation_id", "conversations.id", cascade=True, index=True),
    text("path"),
    number("duration_ms"),
    number("size_bytes"),
    instant("created_at"),
    # How loud it was, at a glance.
    Column("shape", LargeBinary, nullable=True),
)

# What servers tell one another, and who did what -----------------------------------------------------------

# What one server has to tell of a call to the one that holds it; gone after a minute.
news = table(
    "news",
    Column("context_id", Uuid, nullable=False),
    document("said"),
    instant("sent_at"),
    instant("heard_at", optional=True),
    Index(None, "sent_at"),
)

# What one server has to tell of its calls to those where they are followed; gone after some seconds.
live_news = table(
    "live_news",
    text("server_id"),
    text("told"),
    instant("sent_at"),
    Index(None, "sent_at"),
)

audit = table(
    "audit",
    refers("organization_id", "organizations.id"),
    refers("project_id", "projects.id", optional=True),
    text("actor"),
    text("action"),
    text("subject"),
    document("detail"),
    instant("at"),
    Index(None, "organization_id", "at"),
    # What was written about a conversation is emptied when it is erased.
    Index(None, "subject"),
)
