"""edna Pulse: its webhooks, its requests, its answers. Knows events; does not know amojo."""
