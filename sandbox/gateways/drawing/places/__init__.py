"""Where things are.

light.py    the light of a time, season and weather
sky.py      sky and weather
land.py     meadow, forest, mountains, desert
water.py    sea, beach, lake, underwater; outer space
built.py    city and room
patterns.py abstractions, for what the painter does not know
"""
