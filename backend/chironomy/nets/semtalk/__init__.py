"""SemTalk's two generators: base (rhythm, face) and sparse (meaning, gate)."""

from .base import BaseMemory, BaseNetwork
from .sparse import Heard, SparseNetwork

__all__ = ["BaseMemory", "BaseNetwork", "Heard", "SparseNetwork"]
