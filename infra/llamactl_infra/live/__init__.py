"""What a cloud tells of an account and of what runs there; nothing here changes anything."""
