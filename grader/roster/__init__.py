"""Who is graded, and every way to an account."""
