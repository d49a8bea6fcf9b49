"""Looking inside a network: what each layer makes of one image, what a single value depends on, and the sum that it is.

    trace = stages(model.layers, image)         # the image, then what each layer makes of it
    stage = trace[1]                            # a convolution, say: stage.values (OH, OW, F)
    stage.field(region_of((3, 4, 7)))           # which values of the stage before it this one was made of
    stage.terms((3, 4, 7))                      # and how: patch, filter, bias, their sum, the activation
    stage.origin((3, 4, 7))                     # which of them mattered most

Dropout, which does nothing when predicting, is no stage, nor is Flatten in front of a dense layer: they change no value. A
softmax that is a dense layer's activation is a stage of its own, so that the scores before it (the logits) are seen too. The
layers are computed in plain NumPy (`nn.engine.numpy_inference`): it takes about a millisecond an image and waits for no compiler.

Two rooms: `stages` and `terms`.
"""
