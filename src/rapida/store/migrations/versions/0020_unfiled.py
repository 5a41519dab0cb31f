"""What is to be filed is found from its index on SQLite too, which knows a condition by how it is written."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _make("unfiled = 1")


def downgrade() -> None:
    _make("unfiled")


def _make(on_sqlite: str) -> None:
    op.drop_index("ix_conversations_unfiled", "conversations")
    op.create_index(
        "ix_conversations_unfiled",
        "conversations",
        ["id"],
        sqlite_where=sa.text(on_sqlite),
        postgresql_where=sa.text("unfiled"),
    )
