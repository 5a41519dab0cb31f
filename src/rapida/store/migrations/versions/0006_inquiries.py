"""Contexts say when their carrier is to be asked what became of the call."""

import sqlalchemy as sa
from alembic import op

from rapida.store.columns import Instant

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

WANTED = sa.text("ask_at IS NOT NULL AND call_sid IS NOT NULL")


def upgrade() -> None:
    op.add_column("contexts", sa.Column("ask_at", Instant(), nullable=True))
    op.create_index(
        op.f("ix_contexts_ask_at"), "contexts", ["ask_at"], sqlite_where=WANTED, postgresql_where=WANTED
    )
    # Calls that an earlier version has waited for in vain.
    op.execute(
        "UPDATE contexts SET ask_at = created_at "
        "WHERE direction = 'outbound' AND status = 'pending' AND call_sid IS NOT NULL"
    )


def downgrade() -> None:
    op.drop_index(op.f("ix_contexts_ask_at"), "contexts")
    op.drop_column("contexts", "ask_at")
