"""Whether Blender can draw with OpenGL here. Where it cannot, asking it to ends the whole process, so we ask first."""

import ctypes
import sys
from functools import cache

import bpy

_OPENGL_API = 0x30A2
_SURFACELESS = 0x31DD
#: A configuration for OpenGL that can draw into memory.
_OFF_SCREEN = (ctypes.c_int * 5)(0x3033, 1, 0x3040, 8, 0x3038)
#: OpenGL 4.3, core profile: what Blender 4.5 and later ask for.
_CONTEXT = (ctypes.c_int * 7)(0x3098, 4, 0x30FB, 3, 0x30FD, 1, 0x3038)


@cache
def can_draw() -> bool:
    """Whether rendering with Workbench is safe: always with a window, and on Linux without one where EGL works."""
    if not bpy.app.background or not sys.platform.startswith("linux"):
        return True
    try:
        return _makes_a_context(ctypes.CDLL("libEGL.so.1"))
    except (OSError, AttributeError):  # no such library, or one without these functions
        return False


def _makes_a_context(egl: ctypes.CDLL) -> bool:
    pointer, number = ctypes.c_void_p, ctypes.c_int
    for name in ("eglGetPlatformDisplay", "eglGetDisplay", "eglCreateContext"):
        getattr(egl, name).restype = pointer
    displays = (egl.eglGetDisplay(pointer(None)), egl.eglGetPlatformDisplay(_SURFACELESS, pointer(None), None))
    for display in filter(None, displays):
        # never terminated: EGL has one display of a kind in a process, and Blender may be using it
        if not egl.eglInitialize(pointer(display), None, None) or not egl.eglBindAPI(_OPENGL_API):
            continue
        config, found = pointer(None), number(0)
        egl.eglChooseConfig(pointer(display), _OFF_SCREEN, ctypes.byref(config), 1, ctypes.byref(found))
        context = egl.eglCreateContext(pointer(display), config, pointer(None), _CONTEXT) if found.value else None
        if context:
            egl.eglDestroyContext(pointer(display), pointer(context))
            return True
    return False
