"""From due to delivered: the outbox, and the dispatcher that empties it."""
