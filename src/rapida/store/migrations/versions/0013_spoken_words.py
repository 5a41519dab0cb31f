"""Conversations are found by what was said in them, and listed by number without looking at all of them."""

import sqlalchemy as sa
from alembic import op

from rapida.store.columns import AnyText, Number

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "conversations", sa.Column("unfiled", sa.Boolean(), nullable=False, server_default=sa.false())
    )
    op.add_column("conversations", sa.Column("usual_ms", Number, nullable=True))
    op.add_column("conversations", sa.Column("slowest_ms", Number, nullable=True))
    # What is over is filed by the server at work, newest first: millions of rows would take minutes here.
    op.execute("UPDATE conversations SET unfiled = true WHERE status = 'ended'")
    unfiled = sa.text("unfiled")
    op.create_index(
        "ix_conversations_unfiled",
        "conversations",
        ["id"],
        sqlite_where=unfiled,
        postgresql_where=unfiled,
    )
    op.drop_index("ix_conversations_project_id_created_at", "conversations")
    for columns in _INDEXES:
        op.create_index(f"ix_conversations_{'_'.join(columns)}", "conversations", columns)
    op.create_table(
        "figures",
        sa.Column("conversation_id", Number, nullable=False),
        *(sa.Column(name, Number, nullable=False) for name in ("cut", "false_alarms", "failed", "tools")),
        sa.ForeignKeyConstraint(
            ["conversation_id"],
            ["conversations.id"],
            name=op.f("fk_figures_conversation_id_conversations"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("conversation_id", name=op.f("pk_figures")),
    )
    op.create_table(
        "spoken_words",
        sa.Column("project_id", Number, autoincrement=False, nullable=False),
        sa.Column("word", AnyText(), nullable=False),
        sa.Column("conversation_id", Number, autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("project_id", "word", "conversation_id", name=op.f("pk_spoken_words")),
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    op.drop_table("spoken_words")
    op.drop_table("figures")
    for columns in _INDEXES:
        op.drop_index(f"ix_conversations_{'_'.join(columns)}", "conversations")
    op.create_index("ix_conversations_project_id_created_at", "conversations", ["project_id", "created_at"])
    op.drop_index("ix_conversations_unfiled", "conversations")
    for name in ("slowest_ms", "usual_ms", "unfiled"):
        op.drop_column("conversations", name)


_INDEXES = (
    ["project_id", "created_at", "id"],
    ["project_id", "caller", "created_at", "id"],
    ["project_id", "callee", "created_at", "id"],
)
