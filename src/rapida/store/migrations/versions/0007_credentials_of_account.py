"""Credentials are found by their provider's account, in whichever project they are."""

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(op.f("ix_credentials_provider_account"), "credentials", ["provider", "account"])


def downgrade() -> None:
    op.drop_index(op.f("ix_credentials_provider_account"), "credentials")
