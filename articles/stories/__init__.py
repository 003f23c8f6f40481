"""Stories: near-duplicates, reports of one event by several publishers, and which of them break."""
