"""The page of subscriptions for an administrator."""
