"""Many models at once: cases, what they have to come to, and what is known of the bundled models."""
