"""For how long a project keeps its conversations; the oldest that are kept, and the erased, from an index."""

import sqlalchemy as sa
from alembic import op

from rapida.store.columns import Instant, Number

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "retention",
        sa.Column("project_id", Number, nullable=False),
        sa.Column("days", Number, nullable=False),
        sa.Column("updated_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(
            ["project_id"], ["projects.id"], name=op.f("fk_retention_project_id_projects")
        ),
        sa.PrimaryKeyConstraint("project_id", name=op.f("pk_retention")),
    )
    for name, columns, where in _INDEXES:
        op.create_index(
            name, "conversations", columns, sqlite_where=sa.text(where), postgresql_where=sa.text(where)
        )


def downgrade() -> None:
    for name, *_ in _INDEXES:
        op.drop_index(name, "conversations")
    op.drop_table("retention")


_INDEXES = (
    ("ix_conversations_kept", ["project_id", "created_at"], "erased_at IS NULL"),
    ("ix_conversations_erased_at_id", ["erased_at", "id"], "erased_at IS NOT NULL"),
)
