"""A trained network taken elsewhere: a page for any browser (`html`), or a file for other programs,
ONNX (`onnx`) or Keras' (`nn/utils/keras_files.py`).

python -m nn.export mnist.npz --html digits.html --onnx mnist.onnx --keras mnist.keras
"""
