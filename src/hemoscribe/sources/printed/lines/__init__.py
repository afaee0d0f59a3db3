"""One printed line: its cells, value, flag, unit, range, second unit and earlier values."""
