"""What each model does wrong, and the cure, as data."""
