"""What both sides share: events, topics, ids, settings, and what is known of the two vendors. No web server, no Faust."""
