"""What any text may hold: language, encoding, URLs, dates, bylines, datelines, acronyms, furniture."""
