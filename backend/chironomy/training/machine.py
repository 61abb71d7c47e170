"""What training runs on: one process or several (through accelerate), their device, their precision."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.attention import SDPBackend, sdpa_kernel

from ..errors import UserError
from .monitor import Notice

_TYPES = {"bf16": torch.bfloat16, "fp16": torch.float16}


class Machine:
    """This process among its like. Start several with `accelerate launch`; alone, nothing needs to be launched."""

    def __init__(self, device: str = "auto", precision: str = "fp32", notice: Notice = print) -> None:
        """`device`: auto, cpu or cuda. Without a graphics card the CPU is used, with a notice."""
        try:
            from accelerate import Accelerator
            from accelerate.utils import DistributedDataParallelKwargs
        except ImportError as error:
            raise UserError("training: the package accelerate is missing: pip install 'chironomy[train]'") from error
        # not every head is used in every pass
        kwargs = DistributedDataParallelKwargs(find_unused_parameters=True)
        self._accelerator = Accelerator(cpu=device == "cpu", kwargs_handlers=[kwargs])
        self.device: torch.device = self._accelerator.device
        self.process: int = self._accelerator.process_index
        self.processes: int = self._accelerator.num_processes
        if self.device.type == "cpu" and device != "cpu" and self.is_main:
            notice("there is no graphics card that can be used: training runs on the CPU, which takes much longer")
        if self.device.type == "cuda":
            _check_precision(precision)
        self._type = _TYPES.get(precision) if self.device.type == "cuda" else None
        self.scaler = torch.amp.GradScaler(self.device.type, enabled=self._type is torch.float16)

    @property
    def is_main(self) -> bool:
        """Whether this process writes files and reports."""
        return self._accelerator.is_main_process

    def prepared(self, module: nn.Module) -> nn.Module:
        """The module on this machine's device; with several processes, wrapped so that they share gradients."""
        module.to(self.device)
        return self._accelerator.prepare_model(module) if self.processes > 1 else module

    @contextmanager
    def arithmetic(self) -> Iterator[None]:
        """Networks compute with the wanted precision, and attention with gradients that can be trusted.

        On the CPU torch's fused attention (2.13) gave gradients of 10⁵ where the true ones are below 1, in windows
        most of whose motion is hidden; training ended in NaN.
        """
        attention = sdpa_kernel(SDPBackend.MATH) if self.device.type == "cpu" else nullcontext()
        with attention, torch.autocast(self.device.type, dtype=self._type, enabled=self._type is not None):
            yield

    def keeping_gradients(self, module: nn.Module, wanted: bool) -> Any:
        """A context in which processes do not share gradients yet, as more are to be added."""
        return self._accelerator.no_sync(module) if wanted and self.processes > 1 else nullcontext()

    def any_of(self, flag: bool) -> bool:
        """Whether the flag is set in any process."""
        if self.processes == 1:
            return flag
        total: Tensor = self._accelerator.reduce(torch.tensor(float(flag), device=self.device))  # type: ignore[assignment]
        return bool(total.item() > 0)

    def wait(self) -> None:
        """Until all processes are here."""
        self._accelerator.wait_for_everyone()

    def fall_back_to_cpu(self) -> None:
        """From now on the CPU, in full precision."""
        if self.processes > 1:
            raise UserError("training: the memory of a graphics card is too small for one window: use fewer processes")
        torch.cuda.empty_cache()
        self.device, self._type = torch.device("cpu"), None
        self.scaler = torch.amp.GradScaler("cpu", enabled=False)


def _check_precision(precision: str) -> None:
    if precision == "bf16" and not torch.cuda.is_bf16_supported():
        raise UserError("training: this graphics card has no bf16: choose precision fp16 or fp32 in the recipe")


def full_precision(like: Tensor) -> torch.autocast:
    """A context in which arithmetic on the tensor's device stays in float32: for geometry, whatever networks use."""
    return torch.autocast(like.device.type, enabled=False)
