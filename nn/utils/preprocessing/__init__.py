"""`nn.preprocessing` under Keras' name: images (`nn/utils/preprocessing/image.py`)."""
