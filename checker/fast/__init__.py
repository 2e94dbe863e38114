"""The fast engine: the search of checker.explore in compiled code."""
