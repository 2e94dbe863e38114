"""Scripts that print how fast elcheck is, as ratios of one run."""
