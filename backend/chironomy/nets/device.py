"""What networks run on."""


def describe_device() -> str:
    """The graphics card, or the CPU and its threads. Raises ImportError where torch is missing."""
    import torch

    return torch.cuda.get_device_name(0) if torch.cuda.is_available() else f"CPU, {torch.get_num_threads()} threads"
