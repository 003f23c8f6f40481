"""Metrics and health of the running bot, over HTTP."""

from bot.monitor.meters import MeteredChat, Meters
from bot.monitor.server import MonitorServer, MonitorUnusable, StoredCounts

__all__ = ["MeteredChat", "Meters", "MonitorServer", "MonitorUnusable", "StoredCounts"]
