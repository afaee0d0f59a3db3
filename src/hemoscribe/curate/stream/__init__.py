"""Rows of any number through curation: surveyed, dealt out, cleaned in parts, written in order."""
