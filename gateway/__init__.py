"""HTTP in, Kafka out: webhooks are judged, stored as events, and only then answered 200."""
