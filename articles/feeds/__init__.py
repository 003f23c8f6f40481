"""Feeds: read, followed, and their entries taken in as articles."""
