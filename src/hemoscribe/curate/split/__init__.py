"""Sides, and what would carry a patient or a comment from one to another."""
