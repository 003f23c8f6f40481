"""Telegram: one chat adapter, on python-telegram-bot."""

from bot.telegram.adapter import TelegramChat

__all__ = ["TelegramChat"]
