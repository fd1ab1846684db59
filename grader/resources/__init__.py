"""What a lab is made of: one module for each kind of resource, and the list of them in ``kinds``."""
