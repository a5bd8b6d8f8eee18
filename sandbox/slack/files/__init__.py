"""Files.

workspace_files.py   uploads, and sharing them in messages
file_server.py       the HTTP server of uploads, downloads and thumbnails
"""
