"""What runs the tasks of an account: threads here, or the machines of a Dask cluster."""
