"""Outbound calls: what an intent needs to be dialled once, at what pace, and asked for once."""

import sqlalchemy as sa
from alembic import op

from rapida.store.columns import Document, Instant, Number

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

TABLES = ("intents", "dial_lanes", "dial_days", "idempotency_keys", "executors")


def upgrade() -> None:
    # Nothing has written an intent yet.
    op.drop_table("intents")
    op.create_table(
        "intents",
        sa.Column("context_id", sa.Uuid(), nullable=False),
        sa.Column("project_id", Number, nullable=False),
        sa.Column("credential_id", Number, nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("to_number", sa.Text(), nullable=False),
        sa.Column("from_number", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("options", Document, nullable=False),
        sa.Column("attempts", Number, nullable=False),
        sa.Column("dial_at", Instant(), nullable=True),
        sa.Column("not_before", Instant(), nullable=True),
        sa.Column("not_after", Instant(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("updated_at", Instant(), nullable=False),
        sa.Column("ended_at", Instant(), nullable=True),
        sa.ForeignKeyConstraint(
            ["context_id"], ["contexts.id"], name=op.f("fk_intents_context_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["project_id"], ["projects.id"], name=op.f("fk_intents_project_id")),
        sa.PrimaryKeyConstraint("context_id", name=op.f("pk_intents")),
    )
    for columns in (
        ("project_id", "status", "ended_at"),
        ("credential_id", "status", "created_at"),
        ("status", "not_after"),
        ("status", "ended_at"),
    ):
        op.create_index(op.f(f"ix_intents_{'_'.join(columns)}"), "intents", list(columns), unique=False)
    op.create_table(
        "dial_lanes",
        sa.Column("project_id", Number, nullable=False),
        sa.Column("credential_id", Number, autoincrement=False, nullable=False),
        sa.Column("calls_per_second", sa.Double[float](), nullable=False),
        sa.Column("concurrent_calls", Number, nullable=False),
        sa.Column("calls_per_day", Number, nullable=False),
        sa.Column("next_at", Instant(), nullable=True),
        sa.ForeignKeyConstraint(["project_id"], ["projects.id"], name=op.f("fk_dial_lanes_project_id")),
        sa.PrimaryKeyConstraint("project_id", "credential_id", name=op.f("pk_dial_lanes")),
    )
    op.create_table(
        "dial_days",
        sa.Column("project_id", Number, nullable=False),
        sa.Column("day", sa.Text(), nullable=False),
        sa.Column("calls", Number, nullable=False),
        sa.ForeignKeyConstraint(["project_id"], ["projects.id"], name=op.f("fk_dial_days_project_id")),
        sa.PrimaryKeyConstraint("project_id", "day", name=op.f("pk_dial_days")),
    )
    op.create_table(
        "idempotency_keys",
        sa.Column("project_id", Number, nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("fingerprint", sa.Text(), nullable=False),
        sa.Column("context_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(
            ["context_id"], ["contexts.id"], name=op.f("fk_idempotency_keys_context_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["project_id"], ["projects.id"], name=op.f("fk_idempotency_keys_project_id")),
        sa.PrimaryKeyConstraint("project_id", "key", name=op.f("pk_idempotency_keys")),
    )
    for column in ("context_id", "created_at"):
        op.create_index(op.f(f"ix_idempotency_keys_{column}"), "idempotency_keys", [column], unique=False)
    op.create_table(
        "executors",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("started_at", Instant(), nullable=False),
        sa.Column("heard_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_executors")),
    )


def downgrade() -> None:
    for table in reversed(TABLES[1:]):
        op.drop_table(table)
    op.drop_table("intents")
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
