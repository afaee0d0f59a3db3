"""Printed reports: fixed-width text, and PDF with a text layer."""
