"""The first schema: whose, what answers, what was said, who may do what."""

import sqlalchemy as sa
from alembic import op

from rapida.store.columns import Document, Instant, Number

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

TABLES = (
    "organizations",
    "users",
    "members",
    "projects",
    "sessions",
    "api_keys",
    "assistants",
    "audit",
    "credentials",
    "assistant_versions",
    "conversations",
    "deployments",
    "contexts",
    "events",
    "metrics",
    "recordings",
    "turns",
    "callbacks",
    "intents",
)


def upgrade() -> None:
    op.create_table(
        "organizations",
        sa.Column("id", Number, sa.Identity(always=False), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_organizations")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "users",
        sa.Column("id", Number, sa.Identity(always=False), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("disabled_at", Instant(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_users")),
        sa.UniqueConstraint("email", name=op.f("uq_users_email")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "members",
        sa.Column("organization_id", Number, nullable=False),
        sa.Column("user_id", Number, nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.id"], name=op.f("fk_members_organization_id")
        ),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_members_user_id")),
        sa.PrimaryKeyConstraint("organization_id", "user_id", name=op.f("pk_members")),
    )
    op.create_table(
        "projects",
        sa.Column("id", Number, sa.Identity(always=False), nullable=False),
        sa.Column("organization_id", Number, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.id"], name=op.f("fk_projects_organization_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_projects")),
        sa.UniqueConstraint("organization_id", "name", name=op.f("uq_projects_organization_id_name")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "sessions",
        sa.Column("token_hash", sa.Text(), nullable=False),
        sa.Column("user_id", Number, nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("expires_at", Instant(), nullable=False),
        sa.Column("revoked_at", Instant(), nullable=True),
        sa.Column("last_used_at", Instant(), nullable=True),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_sessions_user_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_sessions")),
    )
    op.create_index(op.f("ix_sessions_user_id"), "sessions", ["user_id"], unique=False)
    op.create_table(
        "api_keys",
        sa.Column("id", Number, sa.Identity(always=False), nullable=False),
        sa.Column("project_id", Number, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("prefix", sa.Text(), nullable=False),
        sa.Column("secret_hash", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("expires_at", Instant(), nullable=True),
        sa.Column("revoked_at", Instant(), nullable=True),
        sa.Column("last_used_at", Instant(), nullable=True),
        sa.ForeignKeyConstraint(["project_id"], ["projects.id"], name=op.f("fk_api_keys_project_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_keys")),
        sa.UniqueConstraint("secret_hash", name=op.f("uq_api_keys_secret_hash")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_api_keys_project_id"), "api_keys", ["project_id"], unique=False)
    op.create_table(
        "assistants",
        sa.Column("id", Number, sa.Identity(always=False), nullable=False),
        sa.Column("project_id", Number, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("published_version", Number, nullable=True),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("archived_at", Instant(), nullable=True),
        sa.ForeignKeyConstraint(["project_id"], ["projects.id"], name=op.f("fk_assistants_project_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_assistants")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_assistants_project_id"), "assistants", ["project_id"], unique=False)
    op.create_table(
        "audit",
        sa.Column("id", Number, sa.Identity(always=False), nullable=False),
        sa.Column("organization_id", Number, nullable=False),
        sa.Column("project_id", Number, nullable=True),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("detail", Document, nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.id"], name=op.f("fk_audit_organization_id")
        ),
        sa.ForeignKeyConstraint(["project_id"], ["projects.id"], name=op.f("fk_audit_project_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_audit_organization_id_at"), "audit", ["organization_id", "at"], unique=False)
    op.create_table(
        "credentials",
        sa.Column("id", Number, sa.Identity(always=False), nullable=False),
        sa.Column("project_id", Number, nullable=False),
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("base_url", sa.Text(), nullable=True),
        sa.Column("key_id", sa.Text(), nullable=False),
        sa.Column("wrapped_key", sa.LargeBinary(), nullable=False),
        sa.Column("ciphertext", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("updated_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(["project_id"], ["projects.id"], name=op.f("fk_credentials_project_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_credentials")),
        sa.UniqueConstraint("project_id", "name", name=op.f("uq_credentials_project_id_name")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_credentials_key_id"), "credentials", ["key_id"], unique=False)
    op.create_index(
        op.f("ix_credentials_project_id_provider_account"),
        "credentials",
        ["project_id", "provider", "account"],
        unique=False,
    )
    op.create_table(
        "assistant_versions",
        sa.Column("assistant_id", Number, nullable=False),
        sa.Column("version", Number, autoincrement=False, nullable=False),
        sa.Column("body", Document, nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("created_by", Number, nullable=True),
        sa.Column("created_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(
            ["assistant_id"], ["assistants.id"], name=op.f("fk_assistant_versions_assistant_id")
        ),
        sa.ForeignKeyConstraint(["created_by"], ["users.id"], name=op.f("fk_assistant_versions_created_by")),
        sa.PrimaryKeyConstraint("assistant_id", "version", name=op.f("pk_assistant_versions")),
    )
    op.create_table(
        "conversations",
        sa.Column("id", Number, sa.Identity(always=False), nullable=False),
        sa.Column("project_id", Number, nullable=False),
        sa.Column("assistant_id", Number, nullable=False),
        sa.Column("assistant_version", Number, nullable=False),
        sa.Column("direction", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("caller", sa.Text(), nullable=False),
        sa.Column("callee", sa.Text(), nullable=False),
        sa.Column("arguments", Document, nullable=False),
        sa.Column("metadata", Document, nullable=False),
        sa.Column("call_status", sa.Text(), nullable=True),
        sa.Column("end_reason", sa.Text(), nullable=True),
        sa.Column("usage", Document, nullable=True),
        sa.Column("journal_path", sa.Text(), nullable=True),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("started_at", Instant(), nullable=True),
        sa.Column("ended_at", Instant(), nullable=True),
        sa.Column("recorded_at", Instant(), nullable=True),
        sa.ForeignKeyConstraint(
            ["assistant_id"], ["assistants.id"], name=op.f("fk_conversations_assistant_id")
        ),
        sa.ForeignKeyConstraint(["project_id"], ["projects.id"], name=op.f("fk_conversations_project_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_conversations")),
        sqlite_autoincrement=True,
    )
    op.create_index(
        op.f("ix_conversations_assistant_id_created_at"),
        "conversations",
        ["assistant_id", "created_at"],
        unique=False,
    )
    op.create_index(
        op.f("ix_conversations_project_id_created_at"),
        "conversations",
        ["project_id", "created_at"],
        unique=False,
    )
    op.create_table(
        "deployments",
        sa.Column("id", Number, sa.Identity(always=False), nullable=False),
        sa.Column("project_id", Number, nullable=False),
        sa.Column("assistant_id", Number, nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("demo", sa.Boolean(), nullable=False),
        sa.Column("credential_id", Number, nullable=True),
        sa.Column("phone_number", sa.Text(), nullable=True),
        sa.Column("options", Document, nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("updated_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(
            ["assistant_id"], ["assistants.id"], name=op.f("fk_deployments_assistant_id")
        ),
        sa.ForeignKeyConstraint(
            ["credential_id"], ["credentials.id"], name=op.f("fk_deployments_credential_id")
        ),
        sa.ForeignKeyConstraint(["project_id"], ["projects.id"], name=op.f("fk_deployments_project_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deployments")),
        sa.UniqueConstraint("assistant_id", "channel", name=op.f("uq_deployments_assistant_id_channel")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_deployments_credential_id"), "deployments", ["credential_id"], unique=False)
    op.create_table(
        "contexts",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("conversation_id", Number, nullable=False),
        sa.Column("project_id", Number, nullable=False),
        sa.Column("assistant_id", Number, nullable=False),
        sa.Column("direction", sa.Text(), nullable=False),
        sa.Column("credential_id", Number, nullable=False),
        sa.Column("account_sid", sa.Text(), nullable=False),
        sa.Column("call_sid", sa.Text(), nullable=True),
        sa.Column("attempt", Number, nullable=False),
        sa.Column("host", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("verified", sa.Boolean(), nullable=True),
        sa.Column("call_status", sa.Text(), nullable=True),
        sa.Column("call_status_sequence", Number, nullable=True),
        sa.Column("call_status_reason", sa.Text(), nullable=True),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("expires_at", Instant(), nullable=False),
        sa.Column("claimed_at", Instant(), nullable=True),
        sa.Column("ended_at", Instant(), nullable=True),
        sa.ForeignKeyConstraint(["assistant_id"], ["assistants.id"], name=op.f("fk_contexts_assistant_id")),
        sa.ForeignKeyConstraint(
            ["conversation_id"],
            ["conversations.id"],
            name=op.f("fk_contexts_conversation_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["project_id"], ["projects.id"], name=op.f("fk_contexts_project_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contexts")),
        sa.UniqueConstraint(
            "account_sid", "call_sid", "attempt", name=op.f("uq_contexts_account_sid_call_sid_attempt")
        ),
    )
    op.create_index(
        op.f("ix_contexts_assistant_id_status"), "contexts", ["assistant_id", "status"], unique=False
    )
    op.create_index(op.f("ix_contexts_call_sid"), "contexts", ["call_sid"], unique=False)
    op.create_index(op.f("ix_contexts_conversation_id"), "contexts", ["conversation_id"], unique=False)
    op.create_index(op.f("ix_contexts_status_expires_at"), "contexts", ["status", "expires_at"], unique=False)
    op.create_table(
        "events",
        sa.Column("id", Number, sa.Identity(always=False), nullable=False),
        sa.Column("conversation_id", Number, nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("detail", Document, nullable=False),
        sa.ForeignKeyConstraint(
            ["conversation_id"],
            ["conversations.id"],
            name=op.f("fk_events_conversation_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_events")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_events_conversation_id_at"), "events", ["conversation_id", "at"], unique=False)
    op.create_table(
        "metrics",
        sa.Column("id", Number, sa.Identity(always=False), nullable=False),
        sa.Column("conversation_id", Number, nullable=False),
        sa.Column("turn_id", Number, nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("value", sa.Double, nullable=False),
        sa.ForeignKeyConstraint(
            ["conversation_id"],
            ["conversations.id"],
            name=op.f("fk_metrics_conversation_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_metrics")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_metrics_conversation_id"), "metrics", ["conversation_id"], unique=False)
    op.create_table(
        "recordings",
        sa.Column("id", Number, sa.Identity(always=False), nullable=False),
        sa.Column("conversation_id", Number, nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("duration_ms", Number, nullable=False),
        sa.Column("size_bytes", Number, nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(
            ["conversation_id"],
            ["conversations.id"],
            name=op.f("fk_recordings_conversation_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recordings")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_recordings_conversation_id"), "recordings", ["conversation_id"], unique=False)
    op.create_table(
        "turns",
        sa.Column("conversation_id", Number, nullable=False),
        sa.Column("entry_id", Number, autoincrement=False, nullable=False),
        sa.Column("turn_id", Number, nullable=False),
        sa.Column("speaker", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("heard", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("cut", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["conversation_id"],
            ["conversations.id"],
            name=op.f("fk_turns_conversation_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("conversation_id", "entry_id", name=op.f("pk_turns")),
    )
    op.create_table(
        "callbacks",
        sa.Column("id", Number, sa.Identity(always=False), nullable=False),
        sa.Column("context_id", sa.Uuid(), nullable=False),
        sa.Column("account_sid", sa.Text(), nullable=False),
        sa.Column("call_sid", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("dedupe_key", sa.Text(), nullable=False),
        sa.Column("fields", Document, nullable=False),
        sa.Column("received_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(
            ["context_id"], ["contexts.id"], name=op.f("fk_callbacks_context_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_callbacks")),
        sa.UniqueConstraint(
            "account_sid", "call_sid", "dedupe_key", name=op.f("uq_callbacks_account_sid_call_sid_dedupe_key")
        ),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_callbacks_context_id"), "callbacks", ["context_id"], unique=False)
    op.create_table(
        "intents",
        sa.Column("context_id", sa.Uuid(), nullable=False),
        sa.Column("project_id", Number, nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("to_number", sa.Text(), nullable=False),
        sa.Column("from_number", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("options", Document, nullable=False),
        sa.Column("not_after", Instant(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("updated_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(
            ["context_id"], ["contexts.id"], name=op.f("fk_intents_context_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["project_id"], ["projects.id"], name=op.f("fk_intents_project_id")),
        sa.PrimaryKeyConstraint("context_id", name=op.f("pk_intents")),
    )
    op.create_index(op.f("ix_intents_project_id_status"), "intents", ["project_id", "status"], unique=False)
    op.create_index(op.f("ix_intents_status_not_after"), "intents", ["status", "not_after"], unique=False)


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table)
