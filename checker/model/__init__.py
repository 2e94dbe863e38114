"""The spec language: what people write models in, and how their handlers are called."""
