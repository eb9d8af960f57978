"""What is done about subscriptions: kept, noted, counted, sent."""
