"""The demo, and a rubric's exam."""
