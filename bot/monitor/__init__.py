"""Metrics and health of the running bot, over HTTP."""

from bot.monitor.meters import MeteredChat, Meters
from bot.monitor.server import DatabaseMetrics, MonitorServer, MonitorUnusable

__all__ = ["DatabaseMetrics", "MeteredChat", "Meters", "MonitorServer", "MonitorUnusable"]
