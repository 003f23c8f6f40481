"""Copies a whole SQLite installation to PostgreSQL: `pullquote db copy`."""

from bot.copying.copying import Copied, copy_to, refuse_unfinished

__all__ = ["Copied", "copy_to", "refuse_unfinished"]
