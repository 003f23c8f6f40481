"""Articles, stories and quotes as replies, for every platform alike."""
