"""Feeds as chats and operators see them: added, asked, paused, removed."""
