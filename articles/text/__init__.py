"""What any text may contain: language, encoding, URLs, dates, bylines, datelines, acronyms, furniture."""
