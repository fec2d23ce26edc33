"""A network that remembers what it has looked at, for pictures that are looked at again and again.

A sketch is begun anew with each change of a setting, but the painting stays, and so does most of
the photograph: what the network sees in them need not be computed each time.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterable

import torch
from torch import Tensor

from nst_core.networks.vgg import Vgg

# How many pictures are known by their checksum, of those whose maps are not (yet) kept.
_KNOWN = 256


class Seen:
    """Feature maps of pictures that were looked at more than once, the latest ones.

    What is looked at once, as each picture on its way to being painted is, would only take memory:
    maps are kept from the second time on.

    Args:
        most: bytes that the maps may take; the ones not asked for the longest go first.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._maps: OrderedDict[Hashable, dict[str, Tensor]] = OrderedDict()
        self._known: OrderedDict[Hashable, None] = OrderedDict()

    @property
    def size_in_bytes(self) -> int:
        return sum(_bytes(maps) for maps in self._maps.values())

    def get(
        self, key: Hashable, wanted: Iterable[str], compute: Callable[[], dict[str, Tensor]]
    ) -> dict[str, Tensor]:
        """Returns the wanted maps of a picture, computed if they are not at hand."""
        kept = self._maps.get(key, {})
        if not all(layer in kept for layer in wanted):
            maps = compute()
            if key in self._known:
                self._keep(key, {**kept, **maps})
            self._note(key)
            return maps
        self._maps.move_to_end(key)
        return {layer: kept[layer] for layer in wanted}

    def _keep(self, key: Hashable, maps: dict[str, Tensor]) -> None:
        self._maps[key] = maps
        self._maps.move_to_end(key)
        while self.size_in_bytes > self._most:
            self._maps.popitem(last=False)

    def _note(self, key: Hashable) -> None:
        self._known[key] = None
        self._known.move_to_end(key)
        if len(self._known) > _KNOWN:
            self._known.popitem(last=False)


class RememberingVgg(Vgg):
    """A network as it is, weights shared, that takes maps without gradient from memory.

    Args:
        network: what it is made of.
        seen: what it and others of the kind remember.
        check: is called before anything is computed; what it raises ends the work.
    """

    def __init__(self, network: Vgg, seen: Seen, check: Callable[[], None]) -> None:
        self.__dict__.update(vars(network))
        self._seen = seen
        self._check = check

    def features(self, image: Tensor, layers: Iterable[str]) -> dict[str, Tensor]:
        # What is recorded as a graph must be the network's work alone.
        if not (image.is_cuda and torch.cuda.is_current_stream_capturing()):
            self._check()
        wanted = [*layers]
        if torch.is_grad_enabled():
            return super().features(image, wanted)

        def compute() -> dict[str, Tensor]:
            return super(RememberingVgg, self).features(image, wanted)

        own = self.choice, self.device, self.dtype, self.pooling, self.is_rounded_alike
        return self._seen.get((own, image.shape, _checksum(image)), wanted, compute)


def _checksum(image: Tensor) -> bytes:
    return hashlib.blake2b(image.contiguous().cpu().numpy().data, digest_size=16).digest()


def _bytes(maps: dict[str, Tensor]) -> int:
    return sum(one.nbytes for one in maps.values())
