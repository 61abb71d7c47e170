"""What operators that send a job to the server share."""

from __future__ import annotations

import bpy

from .. import connection, jobs
from .reporting import reporting


class SendsJob:
    """Clicked, it returns at once, and the timer delivers; called from a script, it waits until all is there."""

    def job(self, context: bpy.types.Context) -> jobs.Job:
        """What is asked of the server. Raises UserError."""
        raise NotImplementedError

    def invoke(self, context: bpy.types.Context, _event: bpy.types.Event) -> set[str]:
        return self._send(context)

    @reporting
    def _send(self, context: bpy.types.Context) -> set[str]:
        jobs.start(self.job(context), connection.connector())
        return {"CANCELLED"}  # nothing is changed yet: no undo step; what comes brings one of its own

    @reporting
    def execute(self, context: bpy.types.Context) -> set[str]:
        from ..delivery import deliver

        job = self.job(context)
        jobs.launch(job, connection.connector())
        notice = deliver(jobs.wait(job))
        if notice:
            self.report({"INFO"}, notice)
        return {"FINISHED"}


def why_occupied(context: bpy.types.Context) -> str:
    """One job at a time for each scene."""
    return "A job of this scene is under way: wait for it, or cancel it" if jobs.running(context.scene) else ""
