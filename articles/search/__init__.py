"""Search: full text on SQLite and PostgreSQL, vectors, topics, and the ranking of results."""
