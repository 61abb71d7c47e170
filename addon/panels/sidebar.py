"""Where all sub-panels stand."""


class Sidebar:
    """The 3D view's sidebar, tab *Chironomy*."""

    bl_space_type = "VIEW_3D"
    bl_region_type = "UI"
    bl_category = "Chironomy"
