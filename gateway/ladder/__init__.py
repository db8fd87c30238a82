"""What changes between two neighbouring dialects, both ways."""
