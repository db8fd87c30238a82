"""The few stateful steps that a table only names."""
