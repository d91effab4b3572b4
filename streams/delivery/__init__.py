"""Order, concurrency and at-least-once, independent of Faust: lanes, tracker, receipts, dead letters."""
