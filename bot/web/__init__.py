"""The one web server of this program; platforms mount what they are sent."""
