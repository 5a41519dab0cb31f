"""People mark conversations with tags and notes, and the audit is found by what it is about."""

import sqlalchemy as sa
from alembic import op

from rapida.store.columns import AnyText, Number

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("conversations", sa.Column("note", AnyText(), nullable=True))
    op.create_table(
        "tags",
        sa.Column("project_id", Number, autoincrement=False, nullable=False),
        sa.Column("tag", AnyText(), nullable=False),
        sa.Column("conversation_id", Number, nullable=False),
        sa.ForeignKeyConstraint(
            ["conversation_id"],
            ["conversations.id"],
            name=op.f("fk_tags_conversation_id_conversations"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("project_id", "tag", "conversation_id", name=op.f("pk_tags")),
    )
    op.create_index("ix_tags_conversation_id", "tags", ["conversation_id"])
    op.create_index("ix_audit_subject", "audit", ["subject"])


def downgrade() -> None:
    op.drop_index("ix_audit_subject", "audit")
    op.drop_table("tags")
    op.drop_column("conversations", "note")
