"""Who a patient is, and what of it stays: keys, pseudonyms, shifted dates."""
