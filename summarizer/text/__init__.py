"""Sentences, words, figures and dates, as quotes, evidence and briefs read them."""
