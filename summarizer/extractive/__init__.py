"""The default brief: the article's own sentences, chosen and shortened, and its key quotes."""
