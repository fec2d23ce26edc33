"""What docs/ shows is what the project does."""
