"""Kafka in, HTTP out: one Faust app per direction. The agents are thin; `delivery` is where the care is."""
