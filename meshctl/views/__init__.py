"""What each table says: a snapshot and filters in, rows out. Nothing here prints or reads."""
