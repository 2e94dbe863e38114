"""Real systems on loopback, and the logs that they leave."""
