"""The one kind of error that is meant for the user's eyes."""


class UserError(Exception):
    """What happened, to which file, and what to do: one line, no traceback.

    Everything that a user can cause (a broken file, an empty transcript, a full disk) is raised as this;
    the command line prints it and exits with 1, the panel shows it. Any other exception is a defect of ours.
    """
