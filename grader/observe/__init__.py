"""What is there, and what it does: one account in, one observation out."""
