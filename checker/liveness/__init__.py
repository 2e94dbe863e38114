"""Liveness under fairness: whether every fair behaviour of a graph satisfies a formula."""
