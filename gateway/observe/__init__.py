"""What operators see: metrics, trace, log, the admin port."""
