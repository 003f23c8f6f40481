"""What answers a command: one handler for each kind of request."""
