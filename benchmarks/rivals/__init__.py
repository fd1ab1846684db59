"""What an instructor would otherwise write: a test file, run by pytest in one of two ways."""
