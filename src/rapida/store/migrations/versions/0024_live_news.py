"""Servers say which projects' calls are followed there, and tell one another of them."""

import sqlalchemy as sa
from alembic import op

from rapida.store.columns import AnyText, Document, Instant, Number

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("servers", sa.Column("follows", Document, nullable=True))
    op.create_table(
        "live_news",
        sa.Column("id", Number, sa.Identity(), nullable=False),
        sa.Column("server_id", AnyText, nullable=False),
        sa.Column("told", AnyText, nullable=False),
        sa.Column("sent_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_live_news")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_live_news_sent_at", "live_news", ["sent_at"])


def downgrade() -> None:
    op.drop_table("live_news")
    op.drop_column("servers", "follows")
