"""The pages people read: one for the class, one for each student; files that need nothing else."""
