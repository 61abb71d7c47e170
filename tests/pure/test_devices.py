"""Where generators run, and the way back to the CPU."""

from __future__ import annotations

import pytest

from chironomy.generators.devices import choose_device, with_fallback

torch = pytest.importorskip("torch")


def test_automatic_is_the_cpu_as_long_as_there_are_no_weights(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("chironomy.generators.devices.find_models", tuple)
    assert choose_device("auto") == ("cpu", "")


def test_a_device_that_is_not_there_becomes_the_cpu_with_a_notice():
    device, notice = choose_device("cuda:31")
    assert device == "cpu"
    assert "cuda:31 cannot be used" in notice


def test_work_that_exceeds_the_cards_memory_is_done_on_the_cpu_and_says_so():
    tried = []

    def work(device: str) -> str:
        tried.append(device)
        if device != "cpu":
            raise torch.OutOfMemoryError("CUDA out of memory")
        return "made"

    result, notices = with_fallback("cuda", work)
    assert (result, tried) == ("made", ["cuda", "cpu"])
    assert "memory of cuda was not enough" in notices[0]


def test_other_errors_are_not_tried_again():
    def work(_device: str) -> None:
        raise RuntimeError("a defect")

    with pytest.raises(RuntimeError, match="a defect"):
        with_fallback("cuda", work)
