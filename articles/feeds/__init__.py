"""Feeds: finding, polling and parsing them, and turning their entries into articles."""
