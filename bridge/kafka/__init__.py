"""The project's own doors to Kafka: a producer that never hangs, the topics' administration, security."""
