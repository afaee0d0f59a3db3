"""HPRIM: the French messages of laboratories, to hospitals (H' Santé) and to doctors (Médecins)."""
