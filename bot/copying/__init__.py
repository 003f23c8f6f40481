"""A whole SQLite installation moved to PostgreSQL: `pullquote db copy`."""

from bot.copying.copying import Copied, copy_to
from bot.copying.state import refuse_unfinished

__all__ = ["Copied", "copy_to", "refuse_unfinished"]
