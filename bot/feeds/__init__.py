"""Feeds as chats and operators see them: added, polled, paused, removed."""
