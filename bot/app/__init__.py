"""The application: its parts put together, its processes, and whether all is there."""
