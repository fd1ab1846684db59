"""What to fix before a batch, and the permissions that a batch takes."""
