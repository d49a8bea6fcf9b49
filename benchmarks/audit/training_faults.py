"""Bugs of training loops and data pipelines, each with the issue or pull request that reported it
in another project.

They are put into our files as a piece and what replaces it; where our code has no such line, the
fault is one that has the same effect.
"""

from __future__ import annotations

TRAINING = "nn/training.py"
BATCH = "nn/engine/batch.py"
TEXTBOOK = "nn/engine/textbook.py"
OPERATIONS = "nn/engine/operations.py"
CONVOLUTION = "nn/engine/conv_operation.py"
INFERENCE = "nn/engine/inference.py"
STACK = "nn/layers/stack.py"
STEP = "nn/engine/step.py"
SOURCES = "nn/datasets/sources.py"

MEANS = (
    (
        "the last, short batch counts as much as a full one in the mean loss (dnouri/nolearn#248)",
        TRAINING,
        "progress.loss_sum += loss\n",
        "progress.loss_sum += loss * self.batch_size / len(step)\n",
    ),
    (
        "the last, short batch counts as much as a full one in the accuracy (huggingface/transformers#41904)",
        TRAINING,
        "progress.right += right\n",
        "progress.right += right * self.batch_size / len(step)\n",
    ),
    (
        "the loss of an epoch is that of its last batch (nntrainer/nntrainer#435)",
        TRAINING,
        "progress.loss_sum += loss\n",
        "progress.loss_sum = loss / len(step) * (progress.seen + len(step))\n",
    ),
    (
        "sums are not reset after an epoch (tensorflow/swift-models#633)",
        TRAINING,
        "Progress(progress.epoch + 1, history=",
        "Progress(progress.epoch + 1, 0, progress.loss_sum, progress.right, progress.seen, history=",
    ),
    (
        "the mean is over the nominal number of batches (pwhofman/probly#558)",
        TRAINING,
        "progress.seen += len(step)",
        "progress.seen += self.batch_size",
    ),
    (
        "the loss counts chunks of an earlier, longer batch (root-project/root#21496)",
        BATCH,
        "math.fsum(self.plan.losses[: len(self.chunks)])",
        "math.fsum(self.plan.losses)",
    ),
    (
        "the accuracy counts chunks of an earlier, longer batch (JetBrains-Research/code2seq#112)",
        BATCH,
        "self.plan.right[: len(self.chunks)].sum()",
        "self.plan.right.sum()",
    ),
    (
        "evaluation averages the means of batches (decisionintelligence/TFB#66)",
        TEXTBOOK,
        "return math.fsum(losses) / len(source), hits",
        "return math.fsum(x / n for x, n in zip(losses, sizes)) / len(losses), hits",
        "losses, hits = [], 0.0\n",
        "losses, hits = [], 0.0\n"
        "        sizes = [min(EVALUATED, len(source) - begin) for begin in range(0, len(source), EVALUATED)]\n",
    ),
    (
        "evaluation leaves out the last, incomplete batch (Zeying-Gong/PatchMixer#9)",
        INFERENCE,
        "chunks = -(-size // CHUNK)",
        "chunks = max(size // CHUNK, 1)",
    ),
)

RANDOMNESS = (
    (
        "every epoch has the same order (pytorch/pytorch#31771)",
        TRAINING,
        "[SHUFFLE, self.seed, self._epochs_before + epoch]",
        "[SHUFFLE, self.seed]",
    ),
    (
        "the order does not depend on the seed (LambdaLabsML/distributed-training-guide#40)",
        TRAINING,
        "[SHUFFLE, self.seed, self._epochs_before + epoch]",
        "[SHUFFLE, epoch]",
    ),
    (
        "the shuffled order is not used (keras-team/keras-io#1872)",
        TRAINING,
        "permutation(len(self.source))",
        "permutation(len(self.source)).argsort().argsort() * 0 + np.arange(len(self.source))",
    ),
    (
        "dropout always has the same seed (PaddlePaddle/Paddle#7796)",
        TRAINING,
        "np.random.default_rng([KEYS, self.seed, step])",
        "np.random.default_rng([KEYS, self.seed])",
    ),
    (
        "the generator is seeded again at the beginning of each epoch (k2-fsa/icefall#221)",
        TRAINING,
        "        first = (self._epochs_before + self.progress.epoch) * self.steps_in_epoch\n",
        "        first = 0\n",
    ),
    (
        "every chunk has the same dropout mask (tenstorrent/tt-metal#16823)",
        OPERATIONS,
        "first=chunk.rows.start * source[0].size,",
        "first=0,",
    ),
    (
        "all dropout layers share one mask (huggingface/transformers#31412)",
        STACK,
        ".integers(2**63, size=len(names)).tolist()",
        ".integers(2**63, size=1).repeat(len(names)).tolist()",
    ),
    (
        "dropout is active in evaluation (IBM/pytorch-seq2seq#33)",
        TEXTBOOK,
        "scores, _ = self.stack.forward(x)",
        "scores, _ = self.stack.forward(x, training=True, rng=0)",
    ),
    (
        "augmentation is the same in every epoch (Lightning-AI/pytorch-lightning#20412)",
        "nn/datasets/augment.py",
        "            epoch=epoch,\n",
        "            epoch=0,\n",
    ),
)

BATCHES = (
    (
        "the last, incomplete batch is never trained (fani-lab/RePair#60)",
        TRAINING,
        "self.steps_in_epoch = -(-len(source) // self.batch_size)",
        "self.steps_in_epoch = len(source) // self.batch_size",
    ),
    (
        "gradients of a short batch are divided by the nominal batch size (modelscope/ms-swift#10084)",
        BATCH,
        "self.plan.backward_from_loss(chunk, len(self.step), ",
        "self.plan.backward_from_loss(chunk, self.plan.batch_size, ",
    ),
    (
        "gradients of the chunks are added without dividing by their number (agokrani/distillKitPlus#5)",
        BATCH,
        "self.plan.backward_from_loss(chunk, len(self.step), ",
        "self.plan.backward_from_loss(chunk, chunk.rows.stop - chunk.rows.start, ",
    ),
    (
        "gradients of the batch before are added again (karpathy/llm.c#548)",
        OPERATIONS,
        "self.gradients[1:chunks]",
        "self.gradients[1:]",
    ),
    (
        "a convolution's gradients of the batch before are added again (tatsu-lab/alpaca_farm#58)",
        CONVOLUTION,
        "self.dkernels[:chunks].reshape(chunks, -1)",
        "self.dkernels.reshape(len(self.dkernels), -1)",
    ),
    (
        "images are shuffled, labels are not (keras-team/keras#7520)",
        STEP,
        "self.source.targets(indices, self.epoch)",
        "self.source.targets(np.arange(rows.start or 0, (rows.start or 0) + len(indices)), self.epoch)",
    ),
    (
        "a thread reads a buffer that another one still fills (sony/nnabla#936)",
        BATCH,
        "self._gradients = {operation: _Gate(len(self.chunks))",
        "self._gradients = {operation: _Gate(1)",
    ),
    (
        "a NaN loss still changes the weights (espnet/espnet#3283)",
        BATCH,
        "if not self._aborted and math.isfinite(self.loss()):",
        "if not self._aborted:",
    ),
    (
        "pixels are divided by 255 twice (magenta/magenta#925)",
        SOURCES,
        "self._scale, self._classes = np.float32(scale), classes",
        "self._scale, self._classes = np.float32(scale) ** 2, classes",
    ),
    (
        "a data set has one sample too few (neuromorphs/tonic#69)",
        SOURCES,
        "        return self._length\n",
        "        return self._length - 1\n",
    ),
    (
        "the validation images are augmented too (udacity/deep-learning-v2-pytorch#132)",
        "nn/train/setup.py",
        "validation=plain_source(*test)",
        "validation=training_source(recipe, *test)",
    ),
)

TRAINING_FAULTS: tuple[tuple[str, ...], ...] = (*MEANS, *RANDOMNESS, *BATCHES)
