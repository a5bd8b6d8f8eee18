"""Turns events into messages, forms and menus for any platform; pure."""
