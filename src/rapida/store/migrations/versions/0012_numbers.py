"""What stood at a number before it was connected here: sealed, since addresses may hold passwords."""

import sqlalchemy as sa
from alembic import op

from rapida.store.columns import Instant, Number

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "connected_numbers",
        sa.Column("id", Number, sa.Identity(), nullable=False),
        sa.Column("project_id", Number, nullable=False),
        sa.Column("credential_id", Number, nullable=False),
        sa.Column("number_id", sa.Text(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("key_id", sa.Text(), nullable=False),
        sa.Column("wrapped_key", sa.LargeBinary(), nullable=False),
        sa.Column("ciphertext", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("updated_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(
            ["project_id"], ["projects.id"], name=op.f("fk_connected_numbers_project_id_projects")
        ),
        sa.ForeignKeyConstraint(
            ["credential_id"],
            ["credentials.id"],
            name=op.f("fk_connected_numbers_credential_id_credentials"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_connected_numbers")),
        sa.UniqueConstraint(
            "credential_id", "number_id", name=op.f("uq_connected_numbers_credential_id_number_id")
        ),
        sqlite_autoincrement=True,
    )


def downgrade() -> None:
    op.drop_table("connected_numbers")
