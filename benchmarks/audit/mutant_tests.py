"""Which tests run for a mutant: those of its file that reach the broken line, the fastest first."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Generator
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

from benchmarks.audit import keras_tests
from benchmarks.audit.mutation import Mutant

ROOT = Path(__file__).parents[2]

LAYERS = "tests/layers/test_every_layer.py"
NORMALIZATION = "tests/layers/test_batch_normalization.py"
ARGUMENTS = "tests/layers/test_layer_arguments.py"
TOLD = f"{LAYERS}::test_forward_does_not_train_unless_it_is_told_to"
CONVOLUTION = ["tests/kernels/test_conv_kernels.py", "tests/layers/test_conv2d.py"]
WINOGRAD = ["tests/kernels/test_winograd.py"]
# Not over random shapes, which take too long without the compiler.
WINOGRAD_BY_HAND = [*WINOGRAD, "-k", "not naive and not fused"]
WINDOWS = ["tests/layers/test_base.py", "tests/layers/test_conv2d.py", "tests/layers/test_pooling.py"]
ELEMENTWISE = [
    "tests/layers/test_simple_layers.py",
    "tests/layers/test_activations.py",
    "tests/layers/test_dropout.py",
    "tests/losses/test_losses.py",
    "tests/optimizers/test_optimizers.py",
    "tests/kernels/test_other_kernels.py",
]
# The arithmetic: its tests run without the compiler, so that a kernel can be broken without being
# compiled again. `-k` leaves out tests that have nothing to do with the file.
INTERPRETED: dict[str, list[str]] = {
    "nn/kernels/conv.py": CONVOLUTION,
    "nn/kernels/convolution.py": [*CONVOLUTION, "tests/kernels/test_convolution.py"],
    "nn/kernels/conv_backward.py": CONVOLUTION,
    "nn/kernels/conv_pool_backward.py": CONVOLUTION,
    "nn/kernels/winograd.py": WINOGRAD,
    "nn/kernels/winograd3.py": [*WINOGRAD, "tests/layers/test_conv2d.py", "-k", "winograd and not naive and not fused"],
    "nn/kernels/winograd5.py": WINOGRAD_BY_HAND,
    "nn/kernels/winograd_backward.py": WINOGRAD_BY_HAND,
    "nn/kernels/dense.py": [
        "tests/layers/test_dense.py",
        "tests/kernels/test_dense_kernels.py",
        "tests/kernels/test_other_kernels.py",
    ],
    "nn/kernels/pool.py": ["tests/layers/test_pooling.py", "tests/kernels/test_other_kernels.py"],
    "nn/kernels/elementwise.py": ELEMENTWISE,
    "nn/kernels/memory.py": ["tests/kernels/test_other_kernels.py"],
    "nn/layers/base.py": WINDOWS,
    "nn/layers/arguments.py": WINDOWS,
    "nn/layers/windows.py": WINDOWS,
    "nn/layers/activations.py": ["tests/layers/test_activations.py", LAYERS, "-k", "activations or linear"],
    "nn/layers/conv2d.py": ["tests/layers/test_conv2d.py", ARGUMENTS, TOLD],
    "nn/layers/dense.py": ["tests/layers/test_dense.py", TOLD],
    "nn/layers/dropout.py": ["tests/layers/test_dropout.py", TOLD],
    "nn/layers/flatten.py": ["tests/layers/test_base.py", TOLD, "-k", "flatten"],
    "nn/layers/pooling.py": ["tests/layers/test_pooling.py", ARGUMENTS, TOLD],
    "nn/layers/batch_normalization.py": [NORMALIZATION, TOLD],
    "nn/layers/weighted.py": [f"tests/layers/test_{name}.py" for name in ("weighted", "dense", "activations")],
    **{
        f"nn/layers/{name}.py": [ARGUMENTS, "tests/layers/test_simple_layers.py", TOLD]
        for name in ("average_pooling", "global_pooling", "rectifiers", "rescaling", "reshape", "sigmoids", "zero_padding")
    },
    "nn/layers/regularizers.py": ["tests/layers/test_weighted.py"],
    "nn/kernels/batch_norm.py": [NORMALIZATION],
    "nn/kernels/augment.py": ["tests/kernels/test_views.py"],
    "nn/kernels/counter.py": ["tests/kernels/test_counter.py"],
    "nn/kernels/transposition.py": ["tests/kernels/test_other_kernels.py"],
    **{f"nn/kernels/{name}.py": [f"tests/kernels/test_{name}.py"] for name in ("curve", "pen")},
    "nn/kernels/strokes.py": ["tests/kernels/test_hand.py", "tests/kernels/test_handwriting.py"],
    **{f"nn/strokes/{name}.py": ["tests/datasets/test_templates.py"] for name in ("generator", "templates")},
    **{
        f"nn/losses/{name}.py": ["tests/losses/test_losses.py", "tests/losses/test_losses_each.py"]
        for name in ("__init__", "base", "binary", "categorical", "distance")
    },
    **{
        f"nn/optimizers/{name}.py": ["tests/optimizers/test_optimizer_defaults.py", "tests/optimizers/test_optimizers.py"]
        for name in ("rmsprop", "adagrad", "adam", "adamax", "nadam")
    },
    "nn/kernels/updates.py": ["tests/optimizers/test_optimizers.py"],
    "nn/optimizers/__init__.py": ["tests/optimizers/test_optimizers.py"],
    "nn/layers/initializers.py": ["tests/layers/test_initializers.py", "tests/layers/test_dense.py"],
    "nn/layers/variance_scaling.py": ["tests/layers/test_initializers.py", "tests/layers/test_dense.py"],
    "nn/optimizers/schedules.py": ["tests/optimizers/test_schedules.py"],
}

# What trains for longer, or the same network several times, is left out.
SLOW = ("students_network", "command", "resuming", "any_number_of_threads", "every_optimizer")
ENGINES = ["tests/engine/test_engines.py", "-k", " and ".join(f"not {name}" for name in SLOW)]
# One operation of a plan, and all of them together.
OPERATIONS = [*(f"tests/engine/test_{name}.py" for name in ("operations", "plan", "chunks")), *ENGINES]
TASKS = [f"tests/engine/test_{name}.py" for name in ("batch", "hand_over", "chunks", "engines_losses")]
# A step and an evaluation by each engine, against formulas and against each other.
EVALUATION = ["tests/engine/test_evaluation.py", "tests/engine/test_engines_losses.py", *ENGINES]
OPTIMIZERS = ["tests/optimizers/test_optimizers.py", "tests/optimizers/test_moving_average.py"]
PICTURES = ["tests/reading/test_preprocessing_files.py", "tests/reading/test_image_limits.py"]
INSPECTION = ["tests/inspection/test_inspection.py"]
MODEL_FILE = ["tests/io/test_model_file_limits.py", "tests/io/test_model_file.py", "tests/io/test_model_file_refused.py"]
# All between a source of images and a changed weight, and between a picture and a verdict: these
# tests train and read with the compiled kernels.
COMPILED: dict[str, list[str]] = {
    "nn/engine/plan.py": OPERATIONS,
    "nn/engine/operations.py": OPERATIONS,
    "nn/engine/pool_operation.py": OPERATIONS,
    "nn/engine/conv_operation.py": OPERATIONS,
    "nn/engine/dense_operation.py": OPERATIONS,
    "nn/engine/head.py": ["tests/engine/test_head.py", "tests/engine/test_engines_losses.py"],
    "nn/engine/step.py": ["tests/engine/test_step.py"],
    "nn/engine/batch_norm_operation.py": OPERATIONS,
    "nn/engine/batch_norm_pool_operation.py": OPERATIONS,
    "nn/engine/batch.py": TASKS,
    "nn/engine/executor.py": ["tests/engine/test_executor.py"],
    "nn/engine/fused.py": EVALUATION,
    "nn/engine/textbook.py": EVALUATION,
    "nn/engine/inference.py": EVALUATION,
    "nn/engine/numpy_inference.py": ["tests/engine/test_numpy_inference.py", "tests/test_models.py"],
    "nn/engine/predicting.py": ["tests/engine/test_predicting.py", "tests/test_models.py"],
    "nn/engine/trainable.py": ["tests/engine/test_trainable.py"],
    "nn/engine/diagnosis.py": ["tests/engine/test_diagnosis.py"],
    "nn/models.py": ["tests/test_models.py", "tests/test_models_fit.py", "tests/io/test_save_and_load.py"],
    "nn/layers/stack.py": ["tests/layers/test_stack.py", "tests/engine/test_statistics.py", "-k", "test_stack or masks"],
    "nn/training.py": [
        "tests/engine/test_training_loop.py",
        "tests/engine/test_training_orders.py",
        "tests/engine/test_training.py",
        "tests/test_models_fit.py",
        "tests/optimizers/test_moving_average.py",
        *("-k", "not process and not disturb and not equally_often"),
    ],
    "nn/train/recipe.py": ["tests/train/test_recipes.py", "tests/train/test_optimizer_option.py", "-k", "not interrupted"],
    "nn/train/setup.py": [
        "tests/train/test_recipes.py",
        "tests/optimizers/test_moving_average.py",
        "tests/datasets/test_sources.py",
        *("-k", "recipe"),
    ],
    "nn/callbacks.py": ["tests/engine/test_callbacks.py", "tests/engine/test_training.py", "-k", "not process and not disturb"],
    "nn/optimizers/base.py": OPTIMIZERS,
    "nn/optimizers/adadelta.py": OPTIMIZERS,
    "nn/optimizers/sgd.py": OPTIMIZERS,
    "nn/optimizers/norms.py": ["tests/optimizers/test_norms.py"],
    "nn/datasets/sources.py": ["tests/datasets/test_sources.py", "tests/test_models_fit.py"],
    "nn/datasets/augment.py": ["tests/datasets/test_augment.py", "tests/datasets/test_sources.py"],
    "nn/train/checkpoint.py": [
        "tests/train/test_checkpoint_limits.py",
        "tests/train/test_checkpoint.py",
        "tests/optimizers/test_norms.py",
        *("-k", "not truncated"),
    ],
    "nn/io/model_file.py": [*MODEL_FILE, "tests/io/test_compiled.py"],
    "nn/io/archive.py": ["tests/io/test_archive.py", "tests/io/test_model_file.py", "tests/io/test_model_file_refused.py"],
    "nn/reading/calibration.py": ["tests/reading/test_calibration.py"],
    "nn/reading/clutter.py": [f"tests/reading/test_{name}.py" for name in ("printed_lines", "rims", "clutter", "frames")],
    "nn/reading/fading.py": ["tests/reading/test_fading.py", "tests/reading/test_clutter.py"],
    **{f"nn/reading/{name}.py": ["tests/reading/test_labels_and_blocks.py"] for name in ("arrays", "components")},
    **{
        f"nn/reading/{name}.py": [f"tests/reading/test_{name}.py", "tests/reading/test_preprocessing.py"]
        for name in ("geometry", "pieces")
    },
    "nn/reading/grouping.py": [f"tests/reading/test_{name}.py" for name in ("grouping", "underlines", "preprocessing")],
    **{
        f"nn/reading/{name}.py": [f"tests/reading/test_{name}.py"]
        for name in ("choice", "corrections", "doubts", "screens", "seams", "segmentation", "sheet")
    },
    "nn/reading/images.py": ["tests/reading/test_image_files.py", *PICTURES],
    "nn/reading/ink.py": [f"tests/reading/test_{name}.py" for name in ("paper", "ink_levels", "frames")],
    "nn/reading/recognition.py": ["tests/reading/test_reading_verdicts.py", "tests/reading/test_recognition.py"],
    "nn/pretrained/__init__.py": ["tests/pretrained/test_student_network.py", "tests/pretrained/test_load_reader.py"],
    "nn/inspection/attribution.py": ["tests/inspection/test_attribution.py"],
    "nn/inspection/stages.py": INSPECTION,
    "nn/inspection/terms.py": INSPECTION,
    "apps/draw/teaching/kept_drawings.py": ["tests/apps/test_kept_drawings.py"],
    "apps/draw/teaching/lessons.py": ["tests/apps/test_lesson_jobs.py"],
    "apps/draw/teaching/training.py": ["tests/apps/test_teaching.py"],
}

COMPILED |= keras_tests.TESTS
TESTS = INTERPRETED | COMPILED


@dataclass
class Traces:
    """The seconds that each test of a file takes and the lines that it reaches; and the lines that
    fixtures reach.
    """

    tests: dict[str, tuple[float, list[int]]] = field(default_factory=dict)
    shared: list[int] = field(default_factory=list)

    def of(self, mutant: Mutant) -> list[str] | None:
        """The tests that reach the mutant's lines, the fastest first, or None if nothing does. An
        empty list means that all tests have to run: a fixture reaches them, or the import does.
        """
        broken = set(mutant.lines)
        if mutant.at_import or broken.intersection(self.shared):
            return []
        reaching = [(seconds, test) for test, (seconds, lines) in self.tests.items() if broken.intersection(lines)]
        return [test for _, test in sorted(reaching)] or None


class Tracer:
    """A pytest plugin that fills in `traces`."""

    def __init__(self, path: str) -> None:
        self.file = str(ROOT / path)
        self.traces = Traces()

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> Generator[None, object, object]:
        """Record the fixtures, which tests may share."""
        lines: set[int] = set()
        result = yield from self._traced(lines)
        self.traces.shared += sorted(lines)
        return result

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_call(self, item: pytest.Item) -> Generator[None, object, object]:
        """Record the test itself."""
        lines: set[int] = set()
        began = time.process_time()
        result = yield from self._traced(lines)
        self.traces.tests[item.nodeid] = time.process_time() - began, sorted(lines)
        return result

    def _traced(self, lines: set[int]) -> Generator[None, object, object]:
        def inside(frame: FrameType, event: str, argument: Any) -> Any:
            lines.add(frame.f_lineno)
            return inside

        def outside(frame: FrameType, event: str, argument: Any) -> Any:
            return inside if frame.f_code.co_filename == self.file else None

        before = sys.gettrace()
        sys.settrace(outside)
        threading.settrace(outside)
        try:
            return (yield)
        finally:
            sys.settrace(before)
            threading.settrace(before)
