"""What the caller answered to a flow's questions is kept with the conversation."""

import sqlalchemy as sa
from alembic import op

from rapida.store.columns import Document

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("conversations", sa.Column("answers", Document, nullable=True))


def downgrade() -> None:
    op.drop_column("conversations", "answers")
