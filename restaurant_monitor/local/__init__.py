"""The project's own PostgreSQL server and secret key, both in `.local`."""
