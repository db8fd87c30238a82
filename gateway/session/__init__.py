"""One station's conversation with its back end: events in, commands out, no I/O."""
