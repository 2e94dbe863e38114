"""Claims of induction: preserved by every step from every state in which they hold."""
