"""What an operator can watch from outside: metrics and health, over HTTP."""

from bot.monitor.meters import MeteredChat, Meters
from bot.monitor.server import MonitorServer, MonitorUnusable, StoredCounts

__all__ = ["MeteredChat", "Meters", "MonitorServer", "MonitorUnusable", "StoredCounts"]
