"""How often something may be sent: within one process, and where several share a token."""
