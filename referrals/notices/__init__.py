"""What is told to whom, by which way, and what happens when it reaches nobody."""
