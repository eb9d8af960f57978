"""The page of who covers whom, for agencies' administrators."""
