"""Checkpoints: tensors are read, code is not run, and what differs is named."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from models.runtime.checkpoint import WrongWeights, load_into, read_tensors


def small() -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Linear(4, 2))


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    path = tmp_path / "net.pth"
    torch.save(small().state_dict(), path)
    return path


def test_the_tensors_of_a_file_are_those_of_the_network(saved: Path) -> None:
    other = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Linear(4, 2))
    load_into(other, saved)
    assert not other.training
    for name, value in small().state_dict().items():
        assert torch.equal(other.state_dict()[name], value)


def test_nesting_and_the_prefix_of_data_parallel_are_taken_off(tmp_path: Path) -> None:
    state = {f"module.{name}": value for name, value in small().state_dict().items()}
    torch.save({"net": state, "optimizer": {"lr": 1e-4}, "epoch": 20}, tmp_path / "net.pth")
    found = read_tensors(tmp_path / "net.pth", inside=("net",))
    assert list(found) == list(small().state_dict())


def test_safetensors_are_read(tmp_path: Path) -> None:
    save_file(small().state_dict(), tmp_path / "net.safetensors")
    load_into(small(), tmp_path / "net.safetensors")


class Evil:
    """A pickle of it creates a file when it is loaded carelessly."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> tuple:
        return open, (str(self.mark), "w")


@pytest.mark.parametrize("wrapped", [True, False])
def test_a_pickle_that_would_run_code_is_refused(tmp_path: Path, wrapped: bool) -> None:
    path, mark = tmp_path / "evil.pkl", tmp_path / "it_ran"
    if wrapped:
        torch.save({"0.weight": torch.zeros(4, 3), "payload": Evil(mark)}, path)
    else:
        path.write_bytes(pickle.dumps(Evil(mark)))
    with pytest.raises(WrongWeights, match=r"evil\.pkl: refused, it is a pickle that (wants to run|cannot be read)"):
        read_tensors(path)
    assert not mark.exists()


def test_the_first_tensor_that_differs_is_named(saved: Path, tmp_path: Path) -> None:
    with pytest.raises(WrongWeights, match=r"tensor 2\.weight is \[2, 4\], expected \[5, 4\]"):
        load_into(nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Linear(4, 5)), saved)
    with pytest.raises(WrongWeights, match=r"has no tensor 3\.weight \[1, 2\].*its first is 0\.weight"):
        load_into(nn.Sequential(*small(), nn.Linear(2, 1)), saved)
    with pytest.raises(WrongWeights, match=r"has a tensor 2\.weight that the network lacks"):
        load_into(small()[:2], saved)  # type: ignore[index]


@pytest.mark.parametrize("content", [b"", b"this is no checkpoint", b"<html>not found</html>"])
@pytest.mark.parametrize("name", ["net.pth", "net.safetensors"])
def test_what_is_no_checkpoint_is_said_so(tmp_path: Path, content: bytes, name: str) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(WrongWeights, match=rf"{name}: not a checkpoint"):
        read_tensors(tmp_path / name)


def test_a_checkpoint_without_names_is_refused(tmp_path: Path) -> None:
    torch.save([torch.zeros(3)], tmp_path / "list.pth")
    with pytest.raises(WrongWeights, match="holds list, not named tensors"):
        read_tensors(tmp_path / "list.pth")
