"""Contexts, callbacks and deployments name their carrier, and its account and call in no carrier's words."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

RENAMED = (("account_sid", "carrier_account"), ("call_sid", "carrier_call_id"))


def upgrade() -> None:
    op.drop_index(op.f("ix_contexts_call_sid"), "contexts")
    # In place: on SQLite the table could only be copied, and dropping the old one would take with it
    # whatever refers to its rows.
    for table in ("contexts", "callbacks"):
        for old, new in RENAMED:
            op.execute(f"ALTER TABLE {table} RENAME COLUMN {old} TO {new}")
    op.create_index(op.f("ix_contexts_carrier_call_id"), "contexts", ["carrier_call_id"])
    for table in ("contexts", "deployments"):
        # There was one carrier.
        op.add_column(table, sa.Column("carrier", sa.Text(), nullable=False, server_default="twilio"))


def downgrade() -> None:
    for table in ("contexts", "deployments"):
        op.drop_column(table, "carrier")
    op.drop_index(op.f("ix_contexts_carrier_call_id"), "contexts")
    for table in ("contexts", "callbacks"):
        for old, new in RENAMED:
            op.execute(f"ALTER TABLE {table} RENAME COLUMN {new} TO {old}")
    op.create_index(op.f("ix_contexts_call_sid"), "contexts", ["call_sid"])
