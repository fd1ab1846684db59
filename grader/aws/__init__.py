"""One account and what it is asked: clients, retries, and the table that sorts errors."""
