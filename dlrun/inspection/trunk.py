"""The part of a network that takes pictures of any size, from pixels to what some of its layers make of them."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor

from dlrun.config.problem import problem
from dlrun.inspection.layers import LayerOutput, watching
from dlrun.inspection.subject import Subject
from dlrun.models.pretrained.module import PretrainedModule


class _Reached(Exception):
    """All layers that are watched have run."""


class Trunk:
    """From pixels in [0, 1] (rows, channels, height, width) to what `layers` make of them.

    The network is run no further than that, so that it may end in layers for one size; a pretrained base does not
    resize the pictures.
    """

    def __init__(self, subject: Subject, layers: Sequence[LayerOutput]):
        self._subject, self._layers = subject, layers
        first = next((module for module in subject.run.model.modules() if isinstance(module, PretrainedModule)), None)
        inside = [layer.module for layer in layers]
        prefix = "" if first is None else next(
            name for name, module in subject.run.model.named_modules() if module is first) + ".net."
        self._base = first if first is not None and all(name.startswith(prefix) for name in inside) else None

    @property
    def size(self) -> tuple[int, int]:
        """Height and width of the pictures that the network was made for."""
        if self._base is not None:
            return self._base.side, self._base.side
        height, width = self._subject.run.data_spec.input_shape[-2:]
        return height, width

    @property
    def channels(self) -> int:
        """Of the pictures: a base has its own."""
        own: int = self._subject.run.data_spec.input_shape[0]
        return own if self._base is None else self._base.offset.shape[1]

    def __call__(self, pixels: Tensor) -> list[Tensor]:
        """What each layer makes, in the order of `layers`; gradients flow.

        Raises ConfigError where the network takes no pictures of this size.
        """
        names = [layer.module for layer in self._layers]
        model, x = self._subject.run.model, self._subject.inputs(pixels)
        with watching(model, names) as seen:
            last = [model.get_submodule(name).register_forward_hook(lambda module, given, made: _stop(seen, names))
                    for name in names]
            try:
                if self._base is None:
                    self._subject.outputs(x)
                else:
                    self._base.net(self._base.scaled(x))
            except _Reached:
                pass
            except (RuntimeError, AssertionError) as error:
                if tuple(x.shape[-2:]) == self.size:
                    raise
                height, width = self.size
                raise problem(f"pictures of {x.shape[-2]} x {x.shape[-1]}",
                              f"this network takes {height} x {width} alone up to {self._layers[-1].name} "
                              f"({str(error).splitlines()[0][:100]})") from None
            finally:
                for hook in last:
                    hook.remove()
        return [seen[name] for name in names]


def _stop(seen: dict[str, Tensor], names: Sequence[str]) -> None:
    if len(seen) == len(set(names)):
        raise _Reached
