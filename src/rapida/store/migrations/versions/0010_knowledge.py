"""Pages of facts with their passages, and a calendar of appointments."""

import sqlalchemy as sa
from alembic import op

from rapida.store.columns import Document, Instant, Number

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

STANDING = sa.text("cancelled_at IS NULL")


def upgrade() -> None:
    op.create_table(
        "knowledge_pages",
        sa.Column("id", Number, sa.Identity(), nullable=False),
        sa.Column("project_id", Number, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("version", Number, nullable=False),
        sa.Column("updated_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(
            ["project_id"], ["projects.id"], name=op.f("fk_knowledge_pages_project_id_projects")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_knowledge_pages")),
        sa.UniqueConstraint("project_id", "name", name=op.f("uq_knowledge_pages_project_id_name")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "knowledge_passages",
        sa.Column("page_id", Number, nullable=False),
        sa.Column("number", Number, autoincrement=False, nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("asked", Document, nullable=False),
        sa.Column("model", sa.Text(), nullable=True),
        sa.Column("vector", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(
            ["page_id"],
            ["knowledge_pages.id"],
            name=op.f("fk_knowledge_passages_page_id_knowledge_pages"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("page_id", "number", name=op.f("pk_knowledge_passages")),
    )
    op.create_table(
        "appointments",
        sa.Column("id", Number, sa.Identity(), nullable=False),
        sa.Column("project_id", Number, nullable=False),
        sa.Column("calendar", sa.Text(), nullable=False),
        sa.Column("starts_at", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("phone", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("updated_at", Instant(), nullable=False),
        sa.Column("cancelled_at", Instant(), nullable=True),
        sa.ForeignKeyConstraint(
            ["project_id"], ["projects.id"], name=op.f("fk_appointments_project_id_projects")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_appointments")),
        sqlite_autoincrement=True,
    )
    op.create_index(
        op.f("uq_appointments_project_id_calendar_starts_at"),
        "appointments",
        ["project_id", "calendar", "starts_at"],
        unique=True,
        sqlite_where=STANDING,
        postgresql_where=STANDING,
    )


def downgrade() -> None:
    op.drop_table("appointments")
    op.drop_table("knowledge_passages")
    op.drop_table("knowledge_pages")
