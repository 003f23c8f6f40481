"""Search: full text on SQLite and PostgreSQL, topics, vectors, and the ranking of what they find."""
