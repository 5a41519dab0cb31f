"""Servers say what they are called and which keys of the vault they have loaded."""

import sqlalchemy as sa
from alembic import op

from rapida.store.columns import Document

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("servers", sa.Column("name", sa.Text(), nullable=True))
    op.add_column("servers", sa.Column("key_marks", Document, nullable=True))


def downgrade() -> None:
    op.drop_column("servers", "key_marks")
    op.drop_column("servers", "name")
