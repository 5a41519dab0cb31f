"""Tokens that pages of other sites show, and which page may open a talk."""

import sqlalchemy as sa
from alembic import op

from rapida.store.columns import AnyText, Document, Instant, Number

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

NAME = "publishable_tokens"


def upgrade() -> None:
    op.add_column("talks", sa.Column("origin", AnyText(), nullable=True))
    op.create_table(
        NAME,
        sa.Column("id", Number, sa.Identity(), nullable=False),
        sa.Column("project_id", Number, nullable=False),
        sa.Column("assistant_id", Number, nullable=False),
        sa.Column("name", AnyText(), nullable=False),
        sa.Column("token", AnyText(), nullable=False),
        sa.Column("origins", Document, nullable=False),
        sa.Column("calls_per_minute", Number, nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("revoked_at", Instant(), nullable=True),
        sa.Column("minute_at", Instant(), nullable=True),
        sa.Column("minute_calls", Number, nullable=False, server_default="0"),
        sa.PrimaryKeyConstraint("id", name=f"pk_{NAME}"),
        sa.UniqueConstraint("token", name=f"uq_{NAME}_token"),
        sa.ForeignKeyConstraint(["project_id"], ["projects.id"], name=f"fk_{NAME}_project_id_projects"),
        sa.ForeignKeyConstraint(
            ["assistant_id"], ["assistants.id"], name=f"fk_{NAME}_assistant_id_assistants", ondelete="CASCADE"
        ),
        sqlite_autoincrement=True,
    )
    op.create_index(f"ix_{NAME}_project_id", NAME, ["project_id"])
    op.create_index(f"ix_{NAME}_assistant_id", NAME, ["assistant_id"])


def downgrade() -> None:
    op.drop_table(NAME)
    op.drop_column("talks", "origin")
