"""A class: set up, planned, graded, judged again."""
