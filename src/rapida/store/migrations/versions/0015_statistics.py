"""Statistics are read from counts of each quarter of an hour, and cost from the rates of the project."""

import sqlalchemy as sa
from alembic import op

from rapida.store.columns import Document, Instant, Number

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("figures", sa.Column("counted", Document, nullable=True))
    op.create_table(
        "statistics",
        sa.Column("project_id", Number, nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("assistant_id", Number, nullable=False),
        sa.Column("version", Number, autoincrement=False, nullable=False),
        sa.Column("counts", Document, nullable=False),
        sa.Column("latencies", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["project_id"], ["projects.id"], name=op.f("fk_statistics_project_id_projects")
        ),
        sa.ForeignKeyConstraint(
            ["assistant_id"], ["assistants.id"], name=op.f("fk_statistics_assistant_id_assistants")
        ),
        sa.PrimaryKeyConstraint("project_id", "at", "assistant_id", "version", name=op.f("pk_statistics")),
    )
    op.create_table(
        "rates",
        sa.Column("project_id", Number, nullable=False),
        sa.Column("body", Document, nullable=False),
        sa.Column("updated_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(["project_id"], ["projects.id"], name=op.f("fk_rates_project_id_projects")),
        sa.PrimaryKeyConstraint("project_id", name=op.f("pk_rates")),
    )
    # What was filed before there were statistics is filed once more, which counts it.
    op.execute("UPDATE conversations SET unfiled = true WHERE status = 'ended'")


def downgrade() -> None:
    op.drop_table("rates")
    op.drop_table("statistics")
    op.drop_column("figures", "counted")
