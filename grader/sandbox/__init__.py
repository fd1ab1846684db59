"""An AWS of its own on 127.0.0.1, and the cohort that the grader is examined with."""
