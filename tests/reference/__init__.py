"""Models that only repeat published ones, step for step, so that their numbers of states can be compared."""
