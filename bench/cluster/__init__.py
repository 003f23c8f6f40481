"""A whole installation on one machine: PostgreSQL, schedulers, workers, publishers, both chat platforms."""
