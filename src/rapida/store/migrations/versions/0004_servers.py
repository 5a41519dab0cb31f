"""Servers: which process holds a call, and when it was last heard of."""

import sqlalchemy as sa
from alembic import op

from rapida.store.columns import Instant

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "servers",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("started_at", Instant(), nullable=False),
        sa.Column("heard_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_servers")),
    )
    op.add_column("contexts", sa.Column("holder", sa.Text(), nullable=True))


def downgrade() -> None:
    op.drop_column("contexts", "holder")
    op.drop_table("servers")
