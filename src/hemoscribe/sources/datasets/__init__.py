"""Public research data sets, in the shape their owners publish."""
