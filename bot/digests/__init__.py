"""What subscriptions deliver: the news of their topics, breaking stories, somebody's new quotes."""
