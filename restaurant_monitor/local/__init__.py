"""The project's own PostgreSQL server and secret key, both kept in `.local`."""
