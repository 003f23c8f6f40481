"""Brings a database's tables up to this version of the code."""

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from articles.database import AdvisoryLock, Database, DatabaseError, acquire_lock, disable_timeouts


class DatabaseNewer(DatabaseError):
    """A later version of Pullquote wrote this database; this one must not touch it."""

    def __init__(self, revision: str) -> None:
        super().__init__(
            f"the database is from a newer Pullquote (its revision {revision}): upgrade Pullquote"
        )
        self.revision = revision


def upgrade(database: Database) -> None:
    """Creates or upgrades the tables, in one transaction; does nothing if they are up to date.

    Two processes that start at once do it one after the other. Raises DatabaseNewer,
    and what `Database.transaction` raises.
    """
    config = Config()
    config.set_main_option("script_location", "bot:migrations")  # the package's own files, also from a wheel
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    with database.transaction() as connection:
        disable_timeouts(connection)
        acquire_lock(connection, AdvisoryLock.MIGRATION)
        for revision in MigrationContext.configure(connection).get_current_heads():
            if revision not in known:
                raise DatabaseNewer(revision)
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
