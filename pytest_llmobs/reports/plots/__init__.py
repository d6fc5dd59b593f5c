"""Pictures of an experiment: each a scene of plain shapes, drawn by the viewer in a page, or as SVG and PNG files.

A scene has a place for every shape and no colour: a class names what each shape stands for.
"""
