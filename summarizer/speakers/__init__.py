"""Speakers: which names are of one speaker."""
