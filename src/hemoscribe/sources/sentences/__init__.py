"""Sentences of prints and comments: the values they tell, and the analytes that they name."""
