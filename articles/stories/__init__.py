"""Stories: near-duplicates, clusters of reports of one event, and breaking stories."""
