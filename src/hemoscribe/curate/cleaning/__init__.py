"""The cleaning steps: rows in, (rows, rejects) out."""
