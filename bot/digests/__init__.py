"""What standing orders bring: the news of their topics, breaking stories, somebody's new quotes."""
