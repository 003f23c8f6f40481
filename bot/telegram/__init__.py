"""Telegram: one chat adapter, on python-telegram-bot."""

from bot.telegram.adapter import TelegramChat
from bot.telegram.updates import WebhookSettings

__all__ = ["TelegramChat", "WebhookSettings"]
