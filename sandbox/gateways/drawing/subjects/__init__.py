"""The things the painter can draw.

table.py       every kind with its colour, size and place
pets.py beasts.py swimmers.py   animals
buildings.py vehicles.py people.py things.py plants.py
"""
