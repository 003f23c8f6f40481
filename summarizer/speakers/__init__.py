"""Speakers: which names are one speaker, and the index of all speakers across articles."""
