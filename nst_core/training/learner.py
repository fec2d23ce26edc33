"""The network while it learns: its epochs, evaluation on held-out pictures, and its whole state."""

from __future__ import annotations

import contextlib
import copy
import time
from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F  # noqa: N812 (torch's own convention)
from torch import Tensor

from nst_core.networks.device import Placement
from nst_core.training.archive import Part
from nst_core.training.dataset import Colors, Variations
from nst_core.training.model import MiniVgg
from nst_core.training.settings import TrainingSettings

_MOMENTUM = 0.9
# Learning rates are given for this batch size, and scaled in proportion for others (Goyal et al.
# 2017, "Accurate, Large Minibatch SGD", section 2.1).
_USUAL_BATCH = 128
# How long the pace is measured.
TRIAL_SECONDS = 1.0
_EVALUATION_BATCH = 500


class Learner:
    """A network, the pictures it learns from, and its optimiser.

    It uses stochastic gradient descent with Nesterov momentum. Learning rate and momentum follow
    one cycle (Smith and Topin 2018, "Super-convergence"), and labels are smoothed (Szegedy et al.
    2016).

    Args:
        training: the pictures to learn from; at least one batch.
        mean, deviation: of their red, green and blue, in 0..1.
        classes: how many there are.
        settings: how to learn.
        placement: where to compute.

    Attributes:
        precision: number format of the convolutions, "float32" or "bfloat16".
        steps: how many batches an epoch has.
        rate: the learning rate of the latest step.
    """

    def __init__(
        self,
        training: Part,
        mean: Colors,
        deviation: Colors,
        classes: int,
        settings: TrainingSettings,
        placement: Placement,
    ) -> None:
        self._device = device = placement.device
        self.precision = placement.precision
        self._settings = settings
        self._training = training.to(device)
        self._mean, self._deviation = (
            torch.tensor(values, device=device).view(1, 3, 1, 1) for values in (mean, deviation)
        )
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(settings.seed)
            model = MiniVgg(settings.width, classes)
        self.model = model.to(device).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.steps = len(training) // settings.batch_size
        highest = settings.learning_rate * settings.batch_size / _USUAL_BATCH
        self._optimizer = torch.optim.SGD(
            self.model.parameters(),
            lr=highest,
            momentum=_MOMENTUM,
            nesterov=True,
            weight_decay=settings.weight_decay,
        )
        self._schedule = torch.optim.lr_scheduler.OneCycleLR(
            self._optimizer, highest, total_steps=settings.epochs * self.steps
        )
        self.rate = 0.0
        # On the CPU, so that the numbers are the same on every device.
        self._generator = torch.Generator().manual_seed(settings.seed)

    def learn(self, on_batch: Callable[[int, Tensor], None]) -> tuple[float, float]:
        """Learns from every training picture once, except those of an incomplete last batch.

        Args:
            on_batch: receives, after each batch, how many there have been and its loss.

        Returns:
            Mean loss and accuracy of the batches, each before its step.
        """
        size = self._settings.batch_size
        order = torch.randperm(len(self._training), generator=self._generator)
        loss, right = torch.zeros(2, device=self._device)
        for number in range(self.steps):
            batch_loss, batch_right = self._step(order[number * size : (number + 1) * size])
            self.rate = float(self._schedule.get_last_lr()[0])
            self._schedule.step()
            loss += batch_loss
            right += batch_right
            on_batch(number + 1, batch_loss)
        return loss.item() / self.steps, right.item() / (self.steps * size)

    def _step(self, indices: Tensor) -> tuple[Tensor, Tensor]:
        """Learns from one batch; returns its unsmoothed loss and how many answers were right."""
        self.model.train()
        batch = self._training.at(indices.to(self._device))
        varied = Variations.draw(len(batch), self._generator).of(batch.images)
        logits = self._logits(varied)
        smoothing = self._settings.label_smoothing
        self._optimizer.zero_grad()
        F.cross_entropy(logits, batch.labels, label_smoothing=smoothing).backward()  # type: ignore[no-untyped-call]
        self._optimizer.step()
        with torch.no_grad():
            loss = F.cross_entropy(logits, batch.labels)
            return loss, (logits.argmax(1) == batch.labels).sum()

    def _logits(self, images: Tensor) -> Tensor:
        pixels = (images.float() / 255 - self._mean) / self._deviation
        pixels = pixels.contiguous(memory_format=torch.channels_last)
        mixed = (
            torch.autocast(self._device.type, torch.bfloat16)
            if self.precision == "bfloat16"
            else contextlib.nullcontext()
        )
        with mixed:
            logits: Tensor = self.model(pixels)
        return logits.float()

    @torch.inference_mode()
    def look_at(self, part: Part) -> tuple[float, Tensor]:
        """Predicts the classes of pictures, without varying them or learning from them.

        Returns:
            The mean loss, and the predicted classes (count,) on the CPU.
        """
        self.model.eval()
        loss, told = 0.0, []
        for first in range(0, len(part), _EVALUATION_BATCH):
            chosen = slice(first, first + _EVALUATION_BATCH)
            images, labels = part.images[chosen], part.labels[chosen]
            logits = self._logits(images.to(self._device))
            loss += F.cross_entropy(logits, labels.to(self._device), reduction="sum").item()
            told.append(logits.argmax(1).cpu())
        return loss / len(part), torch.cat(told)

    def seconds_per_step(self) -> float:
        """Measures how long a batch currently takes on this machine, and undoes what it learnt."""
        before = copy.deepcopy(self.state_dict())
        indices = torch.arange(self._settings.batch_size)
        # item() waits for an accelerator to finish. The first step prepares the kernels.
        self._step(indices)[0].item()
        count, started = 0, time.perf_counter()
        while (passed := time.perf_counter() - started) < TRIAL_SECONDS:
            self._step(indices)[0].item()
            count += 1
        self.load_state_dict(before)
        return passed / count

    def state_dict(self) -> dict[str, Any]:
        """Returns everything that the next epoch depends on."""
        return {
            "model": self.model.state_dict(),
            "optimizer": self._optimizer.state_dict(),
            "schedule": self._schedule.state_dict(),
            "generator": self._generator.get_state(),
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Returns to the point where :meth:`state_dict` was called.

        Raises:
            RuntimeError, ValueError, KeyError: if the state is of a different network.
        """
        self.model.load_state_dict(state["model"])
        self._optimizer.load_state_dict(state["optimizer"])
        self._schedule.load_state_dict(state["schedule"])
        self._generator.set_state(state["generator"])
