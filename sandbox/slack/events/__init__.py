"""What the app is told, and by which road."""
