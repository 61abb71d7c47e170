"""How operators tell users what is wrong: one line, no traceback."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps

import bpy

from ..core.errors import UserError

Execute = Callable[[bpy.types.Operator, bpy.types.Context], set[str]]
OperatorClass = type[bpy.types.Operator]
#: Why something cannot be done now, and what to do; nothing where it can. Asked while drawing.
Objection = Callable[[bpy.types.Context], str]


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


def requires(*objections: Objection) -> Callable[[OperatorClass], OperatorClass]:
    """Gives an operator its poll: the first objection that says something disables it, and is the button's tooltip."""

    def with_poll(operator: OperatorClass) -> OperatorClass:
        def poll(cls: OperatorClass, context: bpy.types.Context) -> bool:
            reason = next(filter(None, (objection(context) for objection in objections)), "")
            if reason:
                cls.poll_message_set(reason)
            return not reason

        operator.poll = classmethod(poll)
        return operator

    return with_poll
