"""Bugs of what is kept from one step to the next, each with the issue or pull request that reported it in
another project: counts, slots, averages, copies.
"""

from __future__ import annotations

TRAINING = "nn/training.py"
CONVOLUTION = "nn/engine/conv_operation.py"
DENSE = "nn/engine/dense_operation.py"
CHECKPOINT = "nn/train/checkpoint.py"
OPTIMIZER = "nn/optimizers/base.py"

STATE_FAULTS: tuple[tuple[str, ...], ...] = (
    (
        "a step is done again after resuming (deepset-ai/FARM#279)",
        TRAINING,
        "            progress.step += 1\n",
        "",
        '            self._notify("on_train_batch_end", progress.step - 1)\n',
        '            self._notify("on_train_batch_end", progress.step)\n            progress.step += 1\n',
    ),
    (
        "a resumed epoch begins with its first samples again (huggingface/accelerate#2016)",
        TRAINING,
        "        order = self._order(progress.epoch)\n",
        "        order = np.roll(self._order(progress.epoch), progress.step * self.batch_size)\n",
    ),
    (
        "a resumed epoch draws its random numbers from the beginning (openvdb/fvdb-reality-capture#159)",
        TRAINING,
        "range(self.progress.step, self.steps_in_epoch, STEPS_AHEAD)",
        "range(0, self.steps_in_epoch, STEPS_AHEAD)",
    ),
    (
        "resuming at the end of an epoch skips the next one (verl-project/verl#7401)",
        CHECKPOINT,
        "        trainer.progress = progress\n",
        "        trainer.progress = progress\n"
        "        progress.epoch += progress.step == 0 < progress.epoch < trainer.epochs - 1\n",
    ),
    (
        "the optimizer's arrays are lost when a training is resumed (OpenNMT/OpenNMT-py#617)",
        CHECKPOINT,
        "                slot[...] = kept\n",
        "                slot[...] = 0 * kept\n",
    ),
    (
        "the schedule begins anew when a training is resumed (victoresque/pytorch-template#68)",
        CHECKPOINT,
        "model.iterations = progress.epoch * trainer.steps_in_epoch + progress.step",
        "model.iterations = 0",
    ),
    (
        "the schedule is one step late (Lightning-AI/pytorch-lightning#4655)",
        TRAINING,
        "rate=optimizer.rate_at(number)",
        "rate=optimizer.rate_at(max(number - 1, 0))",
    ),
    (
        "the schedule is one epoch late (facebookresearch/deit#145)",
        TRAINING,
        "rate=optimizer.rate_at(number)",
        "rate=optimizer.rate_at(max(number - self.steps_in_epoch, 0))",
    ),
    (
        "the training goes on from the averaged weights (harubaru/waifu-diffusion#31)",
        TRAINING,
        "        if progress.epoch + 1 == self.epochs:\n",
        "        if progress.epoch + 1 <= self.epochs:\n",
    ),
    (
        "the averaged weights are kept and never used (pengzhiliang/MAE-pytorch#31)",
        TRAINING,
        "        if progress.epoch + 1 == self.epochs:\n",
        "        if progress.epoch + 1 > self.epochs:\n",
    ),
    (
        "the average begins at zero (tqdm/tqdm#1101)",
        OPTIMIZER,
        "1.0 - self.ema_momentum if step else 1.0",
        "1.0 - self.ema_momentum",
    ),
    (
        "weight decay is not multiplied by the rate (pytorch/pytorch#4429)",
        OPTIMIZER,
        "1 - rate * self.weight_decay",
        "1 - self.weight_decay",
    ),
    (
        "a cached, transposed copy of the weights is stale (ooples/AiDotNet#1488)",
        DENSE,
        "            transposition.transpose_rows(kernel, rows.start, rows.stop, self.transposed)\n",
        "            pass\n",
    ),
    (
        "a plan goes on with the filters of its first step (ooples/AiDotNet.Tensors#583)",
        CONVOLUTION,
        '        step.update(self.layer, "bias", self.dbias)\n        self.refresh()\n',
        '        step.update(self.layer, "bias", self.dbias)\n',
    ),
    (
        "confidences of exactly 1 fall out of the last bin (Lightning-AI/torchmetrics#3510)",
        "nn/reading/calibration.py",
        "np.minimum((confidence * bins).astype(int), bins - 1)",
        "(confidence * bins).astype(int)",
    ),
)
