"""Steps whose gradient is not finite are left out, and counted; too many in a row end a training."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

MOST = 3
"""So many in a row are one too many: left out, they change nothing, and the next would be the same."""


class Finite:
    """Judges the gradients of all optimisers of a step together. left_out: steps so far; in_a_row: the last ones."""

    def __init__(self, tell: Callable[[str], None]) -> None:
        self._tell = tell
        self.left_out = self.in_a_row = 0

    def passes(self, step: int, norms: Mapping[str, float]) -> bool:
        """Whether a step may be taken, by its gradients' norms. FloatingPointError: too many in a row may not."""
        wrong = [f"the gradient of the {name} is {norm}" for name, norm in norms.items() if not math.isfinite(norm)]
        if not wrong:
            self.in_a_row = 0
            return True
        self.in_a_row += 1
        self.left_out += 1
        said = f"step {step}: {', '.join(wrong)}"
        if self.in_a_row >= MOST:
            raise FloatingPointError(
                f"{said}, and {MOST - 1} steps before it were left out for the same; go on from the last checkpoint "
                "with --precision fp32, or with a smaller --rate"
            )
        self._tell(f"{said}; it is left out, for all that learns ({self.left_out} so far)")
        return False

    def state(self) -> list[int]:
        """For `restore`."""
        return [self.left_out, self.in_a_row]

    def restore(self, state: list[int]) -> None:
        """Count on from what `state` gave."""
        self.left_out, self.in_a_row = state
