"""Draws the results.

pictures.py     one result: scene, references, grain, caption
landscapes.py   the scene: sky, hills, weather and a subject, chosen by words of the prompt
"""
