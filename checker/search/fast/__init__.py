"""The fast engine: the search of checker/search/plain.py in compiled code."""
