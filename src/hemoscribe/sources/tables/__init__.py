"""Delimited text: one result per line, or one report per line with a column per analyte."""
