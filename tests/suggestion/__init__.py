"""Properties worth having: `elcheck suggest`."""
