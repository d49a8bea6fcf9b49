"""A trained network taken elsewhere: a page for any browser (`html`), or an ONNX file for other
programs (`onnx`).

python -m nn.export mnist.npz --html digits.html --onnx mnist.onnx
"""
