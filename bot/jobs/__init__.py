"""What is done in the background: which jobs there are, who puts them into a queue, and who does them."""
