"""What there is to answer: briefs, stories, quotes and articles as blocks of a reply."""
