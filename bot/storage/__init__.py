"""What the bot stores: chats, subscriptions, what was told, and the outbox."""
