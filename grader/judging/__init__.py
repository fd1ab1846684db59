"""Running the checks: one pytest session over many observations, in a worker process."""
