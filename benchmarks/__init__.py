"""What grading costs, measured: one command each, as README.md says. Figures are printed, not judged."""
