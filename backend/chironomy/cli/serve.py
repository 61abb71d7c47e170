"""What `chironomy serve` does."""

from __future__ import annotations

import re
from pathlib import Path

import typer

_DEVICE = re.compile(r"auto|cpu|mps|cuda(:\d{1,2})?")


def start_server(
    host: str,
    port: int,
    data_folder: Path | None,
    parent_pid: int | None,
    idle_unload_s: float,
    device: str,
    keep_days: float,
    keep_gb: float,
) -> None:
    """Serves until it is stopped, or its parent has ended."""
    from ..server.serve import run_serve
    from ..server.settings import Settings, default_data_folder

    if not all(_DEVICE.fullmatch(name.strip()) for name in device.split(",")):
        raise typer.BadParameter(f"--device {device}: is none of auto, cpu, cuda, cuda:1, …")
    run_serve(
        Settings(
            data_folder=(data_folder or default_data_folder()).resolve(),
            host=host,
            port=port,
            parent_pid=parent_pid,
            idle_unload_s=idle_unload_s,
            device=device,
            keep_days=keep_days,
            keep_bytes=int(keep_gb * 1e9),
        )
    )
