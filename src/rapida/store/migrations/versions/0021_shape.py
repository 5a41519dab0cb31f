"""A list draws the shape of each recording without reading its file."""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("recordings", sa.Column("shape", sa.LargeBinary(), nullable=True))


def downgrade() -> None:
    op.drop_column("recordings", "shape")
