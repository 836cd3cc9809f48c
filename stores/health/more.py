"""What higher packages add, as functions: checks by name, and yields of metrics."""

CHECKS = {}  # of the doctor; they need the tables
FIGURES = []
