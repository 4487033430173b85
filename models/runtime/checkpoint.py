"""Loading published PyTorch checkpoints without executing anything in them.

Only tensors are read: safetensors, or PyTorch's own format with `weights_only=True`, which refuses any pickle that
would call a function.
"""

from __future__ import annotations

import pickle
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import nn

Shapes = Mapping[str, tuple[int, ...]]


class WrongWeights(ValueError):
    """A file that is not what it should be: names the file, the first tensor that differs, and the next step."""


def read_tensors(path: Path, inside: Sequence[str] = ()) -> dict[str, torch.Tensor]:
    """The tensors of a checkpoint by name, on the CPU; names lose the prefix "module." of DataParallel.

    inside: keys of nested dictionaries to step into where they are there, such as ("state_dict",). Raises
    WrongWeights when the file is no checkpoint or asks for code to be run.
    """
    try:
        found = load_file(path) if path.suffix == ".safetensors" else _torch_load(path)
    except pickle.UnpicklingError as error:
        raise WrongWeights(f"{path}: {_refusal(path, str(error))}") from error
    except (SafetensorError, RuntimeError, EOFError, ValueError, LookupError, TypeError, OSError) as error:
        raise WrongWeights(f"{path}: not a checkpoint ({_first_line(error)}); download it again") from error
    for key in inside:
        if isinstance(found, Mapping) and isinstance(found.get(key), Mapping):
            found = found[key]
    if not isinstance(found, Mapping):
        raise WrongWeights(f"{path}: holds {type(found).__name__}, not named tensors; get the published file")
    return {
        str(name).removeprefix("module."): value for name, value in found.items() if isinstance(value, torch.Tensor)
    }


def check_shapes(path: Path, found: Shapes, expected: Shapes) -> None:
    """WrongWeights naming the first tensor, in the order of `expected`, that is missing or has another shape."""
    for name, shape in expected.items():
        if name not in found:
            raise WrongWeights(f"{path}: has no tensor {name} {list(shape)}; get the published file{_kin(name, found)}")
        if tuple(found[name]) != tuple(shape):
            raise WrongWeights(
                f"{path}: tensor {name} is {list(found[name])}, expected {list(shape)}; get the published file"
            )
    extra = next((name for name in found if name not in expected), None)
    if extra is not None:
        raise WrongWeights(f"{path}: has a tensor {extra} that the network lacks; get the published file")


def shapes_of(module: nn.Module) -> dict[str, tuple[int, ...]]:
    """Names and shapes of all tensors of a network; build it under `torch.device("meta")` to spend no memory."""
    return {name: tuple(value.shape) for name, value in module.state_dict().items()}


def load_into(module: nn.Module, path: Path, inside: Sequence[str] = (), ignored: Sequence[str] = ()) -> None:
    """Load a checkpoint into `module`, which must have exactly its tensors, and put it into evaluation mode.

    ignored: names of tensors that published files hold or lack without meaning (counters). Raises WrongWeights.
    """
    found = tensors_for(module, path, inside, ignored)
    module.load_state_dict(found, strict=False)
    module.eval()


def tensors_for(
    module: nn.Module, path: Path, inside: Sequence[str] = (), ignored: Sequence[str] = ()
) -> dict[str, torch.Tensor]:
    """The tensors of the file, checked against those of `module` (see `load_into`)."""

    def kept(name: str) -> bool:
        return name not in ignored and not name.endswith("num_batches_tracked")

    found = {name: value for name, value in read_tensors(path, inside).items() if kept(name)}
    expected = {name: shape for name, shape in shapes_of(module).items() if kept(name)}
    check_shapes(path, {name: tuple(value.shape) for name, value in found.items()}, expected)
    return found


def _torch_load(path: Path) -> object:
    return torch.load(path, map_location="cpu", weights_only=True)


def _refusal(path: Path, said: str) -> str:
    """Why PyTorch's safe reader gave up, in our words: its own advise to read the file unsafely."""
    with path.open("rb") as file:
        start = file.read(16)
    called = re.search(r"GLOBAL (\S+)", said)
    if called:
        return f"refused, it is a pickle that wants to run code (it calls {called[1]}); get a file of tensors alone"
    if start.startswith((b"PK", b"\x80")):
        return "refused, it is a pickle that cannot be read without running code; get a file of tensors alone"
    return f"not a checkpoint (it begins with {start!r}); download it again"


def _first_line(error: BaseException) -> str:
    return next(iter(str(error).strip().splitlines()), type(error).__name__)


def _kin(name: str, found: Shapes) -> str:
    """What the file has in place of a missing name, if it begins alike."""
    first = next(iter(found), None)
    return f" (its first is {first})" if first is not None else " (it has none)"
