"""When a conversation was erased: its words, sounds and numbers are gone, its ids, times and cost are not."""

import sqlalchemy as sa
from alembic import op

from rapida.store.columns import Instant

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("conversations", sa.Column("erased_at", Instant(), nullable=True))


def downgrade() -> None:
    op.drop_column("conversations", "erased_at")
