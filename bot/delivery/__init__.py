"""From due to delivered: the outbox, and the courier that empties it."""
