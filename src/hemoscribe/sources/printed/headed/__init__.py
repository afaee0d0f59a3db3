"""Printed tables: headings over columns, and the lines under them."""
