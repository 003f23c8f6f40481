"""What an operator can watch from outside: metrics and health, over HTTP."""

from bot.monitor.metered import MeteredChat
from bot.monitor.meters import Meters
from bot.monitor.server import MonitorServer, MonitorUnusable
from bot.monitor.stored import StoredCounts

__all__ = ["MeteredChat", "Meters", "MonitorServer", "MonitorUnusable", "StoredCounts"]
