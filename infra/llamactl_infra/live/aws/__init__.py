"""AWS, asked what is in an account, and what may be made there."""
