"""Conversations without a telephone: how each is held, and what one needs until its stream is there."""

import sqlalchemy as sa
from alembic import op

from rapida.store.columns import Document, Number

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("conversations", sa.Column("channel", sa.Text(), nullable=False, server_default="phone"))
    op.create_table(
        "talks",
        sa.Column("context_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", Number, nullable=True),
        sa.Column("draft", Document, nullable=True),
        sa.PrimaryKeyConstraint("context_id", name="pk_talks"),
        sa.ForeignKeyConstraint(
            ["context_id"], ["contexts.id"], name="fk_talks_context_id_contexts", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_talks_user_id_users", ondelete="CASCADE"),
    )


def downgrade() -> None:
    op.drop_table("talks")
    op.drop_column("conversations", "channel")
