"""Pictures of an experiment: each a scene of plain shapes, drawn by the viewer in a page, or as SVG and PNG files.

A scene has a place for every shape and no colour: classes name what each stands for. ``shapes`` makes them and lists
these classes, ``pictures`` is the list of all pictures.
"""
