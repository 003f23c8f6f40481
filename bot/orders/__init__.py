"""Standing orders: the words they are given in, when they are due, and what is done with them."""
