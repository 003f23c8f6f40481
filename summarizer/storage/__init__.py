"""Quotes, briefs and speakers as they are stored."""
