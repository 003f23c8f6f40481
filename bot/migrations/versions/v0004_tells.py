"""What a delivery tells, written down when it begins: if its fate is never known, that counts as told."""

from alembic import op
from sqlalchemy import JSON, Column

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("outbox", Column("tells", JSON()))


def downgrade() -> None:
    op.drop_column("outbox", "tells")
