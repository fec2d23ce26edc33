"""What has to be true on Windows; collected nowhere else. ``install.sh --test-windows`` runs it."""
