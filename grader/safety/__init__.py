"""Secrets, redaction, and text that is safe to print."""
