"""What several processes share on PostgreSQL: procrastinate's queue, and the limits of the chat platforms.

On SQLite one process has both in memory, and nothing is made here.
"""

from alembic import op
from procrastinate.schema import SchemaManager

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_DROP_QUEUE = """
DROP TABLE procrastinate_events, procrastinate_periodic_defers, procrastinate_jobs, procrastinate_workers
  CASCADE;
DO $$ DECLARE made regprocedure; BEGIN
  FOR made IN SELECT oid::regprocedure FROM pg_proc
    WHERE proname LIKE 'procrastinate%' AND pronamespace = current_schema()::regnamespace
  LOOP EXECUTE 'DROP FUNCTION ' || made || ' CASCADE'; END LOOP;
END $$;
DROP TYPE procrastinate_job_to_defer_v1, procrastinate_job_event_type, procrastinate_job_status;
"""


def upgrade() -> None:
    if op.get_bind().dialect.name != "postgresql":
        return
    # The tables as the pinned version of procrastinate makes them (3.10, see pyproject.toml). Going on to a
    # later one takes a revision that runs its files (`procrastinate/sql/migrations`) where they are missing.
    op.get_bind().exec_driver_sql(SchemaManager.get_schema(), execution_options={"no_parameters": True})
    # Nobody misses it after a crash of the server: unlogged, a send costs no wait for its disk.
    op.get_bind().exec_driver_sql(
        "CREATE UNLOGGED TABLE rate_windows ("
        " key text PRIMARY KEY,"
        " ends timestamptz[] NOT NULL,"  # of what was answered; of what was not, until when it counts
        " paused_until timestamptz NOT NULL DEFAULT '-infinity')"
    )


def downgrade() -> None:
    if op.get_bind().dialect.name != "postgresql":
        return
    op.drop_table("rate_windows")
    op.get_bind().exec_driver_sql(_DROP_QUEUE, execution_options={"no_parameters": True})
