"""People and secrets: login throttling, replaced secrets that still prove, uses by day."""

import sqlalchemy as sa
from alembic import op

from rapida.store.columns import Document, Instant, Number

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

ACCOUNT = ["project_id", "provider", "account"]


def upgrade() -> None:
    op.create_table(
        "login_tries",
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("failures", Number, nullable=False),
        sa.Column("last_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("account", name=op.f("pk_login_tries")),
    )
    op.create_table(
        "credential_uses",
        sa.Column("credential_id", Number, nullable=False),
        sa.Column("day", sa.Text(), nullable=False),
        sa.Column("uses", Number, nullable=False),
        sa.ForeignKeyConstraint(
            ["credential_id"],
            ["credentials.id"],
            name=op.f("fk_credential_uses_credential_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("credential_id", "day", name=op.f("pk_credential_uses")),
    )
    op.add_column("credentials", sa.Column("retired", Document, nullable=True))
    op.add_column("credentials", sa.Column("verified_at", Instant(), nullable=True))
    op.drop_index(op.f("ix_credentials_project_id_provider_account"), "credentials")
    op.create_index(
        op.f("uq_credentials_project_id_provider_account"),
        "credentials",
        ACCOUNT,
        unique=True,
        sqlite_where=sa.text("account != ''"),
        postgresql_where=sa.text("account != ''"),
    )


def downgrade() -> None:
    op.drop_index(op.f("uq_credentials_project_id_provider_account"), "credentials")
    op.create_index(op.f("ix_credentials_project_id_provider_account"), "credentials", ACCOUNT)
    op.drop_column("credentials", "verified_at")
    op.drop_column("credentials", "retired")
    op.drop_table("credential_uses")
    op.drop_table("login_tries")
