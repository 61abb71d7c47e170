"""Work in Blender without a user interface: rig, mannequin, keyframes, NLA layers, export, pictures."""
