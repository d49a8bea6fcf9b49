"""Looking inside a network: what each layer computes for one image, and how each value came about.

    trace = stages(model.layers, image)     # the image, then the output of each layer
    stage = trace[1]                        # say, a convolution: stage.values (OH, OW, F)
    stage.field(region_of((3, 4, 7)))       # the values of the stage before that it depends on
    stage.terms((3, 4, 7))                  # its patch, filter, bias, their sum, the activation
    stage.origin((3, 4, 7))                 # which value of the stage before contributed most

Dropout and a Flatten in front of a dense layer change no value, so they are not stages. A softmax
that is the activation of a dense layer is a stage of its own; so the scores before it, the logits,
are shown too. The layers are computed in plain NumPy (`nn.engine.numpy_inference`), which takes
about a millisecond for an image and needs no compiler.

`stages.py` has the stages, `terms.py` the sums. `attribution.py` is about the ink instead: which
of it made the network answer as it did.
"""
