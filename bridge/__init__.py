"""What both sides share: events, topics, ids, settings, what is known of the vendors. No web server, no Faust."""

__version__ = "0.1.0"
