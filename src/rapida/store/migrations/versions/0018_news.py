"""News of calls between the servers of one database."""

import sqlalchemy as sa
from alembic import op

from rapida.store.columns import Document, Instant, Number

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "news",
        sa.Column("id", Number, sa.Identity(), nullable=False),
        sa.Column("context_id", sa.Uuid(), nullable=False),
        sa.Column("said", Document, nullable=False),
        sa.Column("sent_at", Instant(), nullable=False),
        sa.Column("heard_at", Instant(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_news")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_news_sent_at", "news", ["sent_at"])


def downgrade() -> None:
    op.drop_table("news")
