"""amoCRM chats (amojo): its webhooks, its requests, its signatures. Knows events; does not know edna."""
