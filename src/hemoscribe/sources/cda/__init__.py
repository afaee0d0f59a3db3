"""CDA R2 laboratory reports, in the French national format (CR-BIO)."""
