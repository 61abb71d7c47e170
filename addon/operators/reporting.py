"""How operators tell users what is wrong: one line, no traceback."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps

import bpy

from ..core.errors import UserError

Execute = Callable[[bpy.types.Operator, bpy.types.Context], set[str]]


def reporting(execute: Execute) -> Execute:
    """A UserError becomes the operator's error report (in scripts: a RuntimeError), and nothing is done."""

    @wraps(execute)
    def safely(operator: bpy.types.Operator, context: bpy.types.Context) -> set[str]:
        try:
            return execute(operator, context)
        except UserError as error:
            operator.report({"ERROR"}, str(error))
            return {"CANCELLED"}

    return safely


def available(operator: type[bpy.types.Operator], reason: str) -> bool:
    """For poll: whether there is no reason against it; a reason is shown in the disabled button's tooltip."""
    if reason:
        operator.poll_message_set(reason)
    return not reason
