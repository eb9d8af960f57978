"""What somebody has begun to write and not sent: sealed, for its author alone, gone after seven days."""
