"""Scripts in the manner of each era of Keras, on a tiny data set: (name, number of values in the
model, script).

`keras.` and `tensorflow.keras.` have become `nn.`, as a user would do it. For each script
`mnist.load_data()` gives 60 small images (8, 8) of ten classes; it leaves a trained `model`.
Where `modern` is True, the script also runs in Keras 3 once `nn` has become `keras` again.
"""

from typing import NamedTuple


class Snippet(NamedTuple):
    """A script, and what it leaves."""

    name: str
    parameters: int
    script: str
    modern: bool = False


LOAD = """
from nn.datasets import mnist
(x_train, y_train), (x_test, y_test) = mnist.load_data()
"""
FLOAT = (
    LOAD
    + """
x_train, x_test = x_train.astype("float32") / 255, x_test.astype("float32") / 255
"""
)
FLAT = (
    FLOAT
    + """
x_train, x_test = x_train.reshape(-1, 64), x_test.reshape(-1, 64)
"""
)
IMAGES = (
    FLOAT
    + """
x_train, x_test = x_train.reshape(-1, 8, 8, 1), x_test.reshape(-1, 8, 8, 1)
"""
)
ONE_HOT = """
from nn.utils import to_categorical
y_train, y_test = to_categorical(y_train, 10), to_categorical(y_test, 10)
"""
SMALL = """
import nn as keras
from nn import layers
model = keras.Sequential([keras.Input(shape=(8, 8)), layers.Flatten(), layers.Dense(10, activation="softmax")])
model.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
"""

KERAS_1 = [
    Snippet(
        "keras 1: dense",
        64 * 16 + 16 + 170,
        FLAT
        + """
from nn.models import Sequential
from nn.layers.core import Dense, Dropout, Activation
from nn.optimizers import SGD
from nn.utils import np_utils
Y_train, Y_test = np_utils.to_categorical(y_train, 10), np_utils.to_categorical(y_test, 10)
model = Sequential()
model.add(Dense(output_dim=16, input_dim=64, init="glorot_uniform"))
model.add(Activation("relu"))
model.add(Dropout(0.2))
model.add(Dense(10))
model.add(Activation("softmax"))
model.compile(loss="categorical_crossentropy", optimizer=SGD(lr=0.1), metrics=["accuracy"])
model.fit(x_train, Y_train, batch_size=20, nb_epoch=2, verbose=0, validation_data=(x_test, Y_test))
score = model.evaluate(x_test, Y_test, verbose=0)
""",
    ),
    Snippet(
        "keras 1: convolution",
        4 * 9 + 4 + 4 * 36 + 4 + 16 * 10 + 10,
        IMAGES
        + ONE_HOT
        + """
import nn.backend as K
from nn.models import Sequential
from nn.layers import Dense, Dropout, Activation, Flatten
from nn.layers import Convolution2D, MaxPooling2D
assert K.image_dim_ordering() == "tf"
model = Sequential()
model.add(Convolution2D(4, 3, 3, border_mode="valid", input_shape=(8, 8, 1)))
model.add(Activation("relu"))
model.add(Convolution2D(4, 3, 3))
model.add(Activation("relu"))
model.add(MaxPooling2D(pool_size=(2, 2)))
model.add(Dropout(0.25))
model.add(Flatten())
model.add(Dense(10))
model.add(Activation("softmax"))
model.compile(loss="categorical_crossentropy", optimizer="adadelta", metrics=["accuracy"])
model.fit(x_train, y_train, batch_size=30, nb_epoch=1, verbose=1)
""",
    ),
    Snippet(
        "keras 1: same border and names of older modules",
        4 * 9 + 4 + 64 * 10 + 10,
        IMAGES
        + ONE_HOT
        + """
from nn.models import Sequential
from nn.layers.convolutional import Convolution2D, MaxPooling2D
from nn.layers.core import Dense, Flatten
model = Sequential()
model.add(Convolution2D(nb_filter=4, nb_row=3, nb_col=3, border_mode="same", activation="relu", input_shape=(8, 8, 1)))
model.add(MaxPooling2D(pool_size=(2, 2), border_mode="same"))
model.add(Flatten())
model.add(Dense(10, init="normal", activation="softmax"))
model.compile(loss="categorical_crossentropy", optimizer="rmsprop", metrics=["accuracy"])
model.fit(x_train, y_train, nb_epoch=1, verbose=0)
classes = model.predict_classes(x_test, verbose=0)
assert classes.shape == (20,)
""",
    ),
    Snippet(
        "keras 1: dropout p and regularizer",
        64 * 8 + 8 + 90,
        FLAT
        + ONE_HOT
        + """
from nn.models import Sequential
from nn.layers import Dense, Dropout
from nn.regularizers import l2
model = Sequential()
model.add(Dense(8, input_dim=64, activation="tanh", W_regularizer=l2(0.01)))
model.add(Dropout(p=0.5))
model.add(Dense(10, activation="softmax"))
model.compile("sgd", "categorical_crossentropy")
model.fit(x_train, y_train, nb_epoch=1, verbose=0)
probabilities = model.predict_proba(x_test)
""",
    ),
    Snippet(
        "keras 1: fit_generator",
        650,
        FLAT
        + ONE_HOT
        + """
from nn.models import Sequential
from nn.layers import Dense
def batches():
    while True:
        for begin in range(0, 60, 20):
            yield x_train[begin:begin + 20], y_train[begin:begin + 20]
model = Sequential([Dense(10, input_dim=64, activation="softmax")])
model.compile(loss="categorical_crossentropy", optimizer="adam")
model.fit_generator(batches(), steps_per_epoch=3, epochs=2, verbose=0)
assert model.iterations == 6
""",
    ),
]

KERAS_2 = [
    Snippet(
        "keras 2: mnist_cnn",
        4 * 9 + 4 + 8 * 36 + 8 + 32 * 16 + 16 + 170,
        IMAGES.replace("-1, 8, 8, 1", "-1, 8, 8, 1")
        + """
import nn as keras
from nn.layers import Conv2D, MaxPooling2D, Dense, Dropout, Flatten
from nn.models import Sequential
from nn import backend as K
assert K.image_data_format() == "channels_last"
y_train = keras.utils.to_categorical(y_train, 10)
y_test = keras.utils.to_categorical(y_test, 10)
model = Sequential()
model.add(Conv2D(4, kernel_size=(3, 3), activation="relu", input_shape=(8, 8, 1)))
model.add(Conv2D(8, (3, 3), activation="relu"))
model.add(MaxPooling2D(pool_size=(2, 2)))
model.add(Dropout(0.25))
model.add(Flatten())
model.add(Dense(16, activation="relu"))
model.add(Dropout(0.5))
model.add(Dense(10, activation="softmax"))
model.compile(loss=keras.losses.categorical_crossentropy, optimizer=keras.optimizers.Adadelta(), metrics=["accuracy"])
model.fit(x_train, y_train, batch_size=32, epochs=1, verbose=1, validation_data=(x_test, y_test))
score = model.evaluate(x_test, y_test, verbose=0)
""",
    ),
    Snippet(
        "keras 2: batch normalization",
        4 * 9 + 4 + 16 + 36 * 10 + 10,
        IMAGES
        + ONE_HOT
        + """
from nn.models import Sequential
from nn.layers import Dense, Flatten, Conv2D, MaxPool2D, Activation
from nn.layers.normalization import BatchNormalization
from nn.optimizers import RMSprop
model = Sequential()
model.add(Conv2D(filters=4, kernel_size=(3, 3), input_shape=(8, 8, 1)))
model.add(BatchNormalization())
model.add(Activation("relu"))
model.add(MaxPool2D(pool_size=(2, 2), strides=(2, 2)))
model.add(Flatten())
model.add(Dense(10, activation="softmax"))
optimizer = RMSprop(lr=0.001, rho=0.9, epsilon=1e-08, decay=0.0)
model.compile(optimizer=optimizer, loss="categorical_crossentropy", metrics=["accuracy"])
model.fit(x_train, y_train, batch_size=20, epochs=1, verbose=2)
""",
    ),
    Snippet(
        "keras 2: ImageDataGenerator and ReduceLROnPlateau",
        650,
        IMAGES
        + ONE_HOT
        + """
from nn.models import Sequential
from nn.layers import Dense, Flatten
from nn.preprocessing.image import ImageDataGenerator
from nn.callbacks import ReduceLROnPlateau
model = Sequential([Flatten(input_shape=(8, 8, 1)), Dense(10, activation="softmax")])
model.compile("adam", "categorical_crossentropy", ["acc"])
datagen = ImageDataGenerator(
    featurewise_center=False, samplewise_center=False, featurewise_std_normalization=False, samplewise_std_normalization=False,
    zca_whitening=False, rotation_range=10, zoom_range=0.1, width_shift_range=0.1, height_shift_range=0.1,
    horizontal_flip=False, vertical_flip=False)
datagen.fit(x_train)
slower = ReduceLROnPlateau(monitor="val_acc", patience=3, verbose=1, factor=0.5, min_lr=0.00001)
history = model.fit_generator(datagen.flow(x_train, y_train, batch_size=16), epochs=2, validation_data=(x_test, y_test),
                              verbose=0, steps_per_epoch=x_train.shape[0] // 16, callbacks=[slower])
assert len(history.history["acc"]) == len(history.history["val_acc"]) == 2
""",
    ),
    Snippet(
        "keras 2: functional model",
        64 * 8 + 8 + 90,
        FLAT
        + ONE_HOT
        + """
from nn.models import Model
from nn.layers import Input, Dense
inputs = Input(shape=(64,))
x = Dense(8, activation="relu")(inputs)
outputs = Dense(10, activation="softmax")(x)
model = Model(inputs=inputs, outputs=outputs)
model.compile(optimizer="rmsprop", loss="categorical_crossentropy", metrics=["accuracy"])
model.fit(x_train, y_train, verbose=0)
""",
        True,
    ),
    Snippet(
        "keras 2: intermediate outputs",
        4 * 9 + 4 + 360 + 10,
        IMAGES
        + ONE_HOT
        + """
from nn.models import Sequential, Model
from nn.layers import Conv2D, MaxPooling2D, Flatten, Dense
model = Sequential()
model.add(Conv2D(4, (3, 3), activation="relu", input_shape=(8, 8, 1), name="conv"))
model.add(MaxPooling2D((2, 2)))
model.add(Flatten())
model.add(Dense(10, activation="softmax"))
model.compile(optimizer="sgd", loss="categorical_crossentropy")
model.fit(x_train, y_train, verbose=0)
features = Model(inputs=model.input, outputs=model.get_layer("conv").output)
assert features.predict(x_test).shape == (20, 6, 6, 4)
everything = Model(inputs=model.input, outputs=[layer.output for layer in model.layers])
assert [out.shape[1:] for out in everything.predict(x_test)] == [(6, 6, 4), (3, 3, 4), (36,), (10,)]
""",
    ),
    Snippet(
        "keras 2: json and weights",
        650,
        FLAT
        + ONE_HOT
        + """
from nn.models import Sequential, model_from_json
from nn.layers import Dense
model = Sequential([Dense(10, input_shape=(64,), activation="softmax")])
model.compile(loss="categorical_crossentropy", optimizer="adam", metrics=["accuracy"])
model.fit(x_train, y_train, epochs=1, verbose=0)
with open("model.json", "w") as file:
    file.write(model.to_json())
model.save_weights("weights.npz")
loaded = model_from_json(open("model.json").read())
loaded.load_weights("weights.npz")
loaded.compile(loss="categorical_crossentropy", optimizer="adam", metrics=["accuracy"])
assert loaded.evaluate(x_test, y_test, verbose=0) == model.evaluate(x_test, y_test, verbose=0)
""",
    ),
    Snippet(
        "keras 2: checkpoint of the best",
        650,
        FLAT
        + ONE_HOT
        + """
from nn.models import Sequential, load_model
from nn.layers import Dense
from nn.callbacks import ModelCheckpoint, EarlyStopping, CSVLogger
model = Sequential([Dense(10, input_dim=64, activation="softmax", kernel_initializer="he_normal")])
model.compile(loss="categorical_crossentropy", optimizer="adam", metrics=["accuracy"])
best = ModelCheckpoint("best.npz", monitor="val_loss", save_best_only=True)
callbacks = [best, EarlyStopping(patience=2), CSVLogger("log.csv")]
model.fit(x_train, y_train, epochs=3, verbose=0, validation_split=0.25, callbacks=callbacks)
assert load_model("best.npz").predict(x_test).shape == (20, 10)
assert open("log.csv").readline().startswith("epoch,accuracy,loss,val_accuracy,val_loss")
""",
    ),
    Snippet(
        "keras 2: nesterov and decay",
        650,
        FLAT
        + ONE_HOT
        + """
from nn.models import Sequential
from nn.layers import Dense
from nn.optimizers import SGD
model = Sequential([Dense(10, input_dim=64, activation="softmax")])
model.compile(loss="categorical_crossentropy", optimizer=SGD(lr=0.01, decay=1e-6, momentum=0.9, nesterov=True))
model.fit(x_train, y_train, epochs=1, batch_size=16, verbose=0, shuffle=True)
""",
    ),
    Snippet(
        "keras 2: LeakyReLU",
        64 * 8 + 8 + 90,
        FLAT
        + ONE_HOT
        + """
from nn.models import Sequential
from nn.layers import Dense
from nn.layers.advanced_activations import LeakyReLU
model = Sequential([Dense(8, input_dim=64), LeakyReLU(alpha=0.1), Dense(10, activation="softmax")])
model.compile(loss="categorical_crossentropy", optimizer="adam")
model.fit(x_train, y_train, epochs=1, verbose=0)
""",
    ),
    Snippet(
        "keras 2: class weights",
        650,
        FLAT
        + """
from nn.models import Sequential
from nn.layers import Dense
model = Sequential([Dense(10, input_dim=64, activation="softmax")])
model.compile(loss="sparse_categorical_crossentropy", optimizer="adam", metrics=["accuracy"])
model.fit(x_train, y_train, epochs=1, verbose=0, class_weight={0: 2.0, 1: 0.5})
model.fit(x_train, y_train, epochs=1, verbose=0, sample_weight=y_train + 1.0)
""",
    ),
    Snippet(
        "keras 2: average pooling",
        4 * 9 + 4 + 360 + 10,
        IMAGES
        + """
from nn.models import Sequential
from nn.layers import AveragePooling2D, Conv2D, Dense, Flatten
model = Sequential()
model.add(Conv2D(4, (3, 3), activation="tanh", input_shape=(8, 8, 1)))
model.add(AveragePooling2D((2, 2)))
model.add(Flatten())
model.add(Dense(10, activation="softmax"))
model.compile(loss="sparse_categorical_crossentropy", optimizer="adam", metrics=["accuracy"])
model.fit(x_train, y_train, epochs=1, verbose=0)
""",
    ),
    Snippet(
        "keras 2: LearningRateScheduler",
        650,
        FLAT
        + """
from nn.models import Sequential
from nn.layers import Dense
from nn.callbacks import LearningRateScheduler, TensorBoard
model = Sequential([Dense(10, input_dim=64, activation="softmax")])
model.compile(loss="sparse_categorical_crossentropy", optimizer="sgd")
annealer = LearningRateScheduler(lambda epoch: 1e-2 * 0.9 ** epoch)
model.fit(x_train, y_train, epochs=3, verbose=0, callbacks=[annealer, TensorBoard(log_dir="logs", histogram_freq=1)])
assert abs(model.optimizer.learning_rate - 1e-2 * 0.9 ** 2) < 1e-12
""",
    ),
    Snippet(
        "keras 2: train_on_batch",
        650,
        FLAT
        + """
from nn.models import Sequential
from nn.layers import Dense
model = Sequential([Dense(10, input_dim=64, activation="softmax")])
model.compile(loss="sparse_categorical_crossentropy", optimizer="adam", metrics=["accuracy"])
for step in range(3):
    loss, accuracy = model.train_on_batch(x_train[:20], y_train[:20])
loss, accuracy = model.test_on_batch(x_test, y_test)
assert model.iterations == 3
""",
    ),
    Snippet(
        "keras 2: plot_model and images",
        650,
        LOAD
        + """
import numpy as np
from nn.models import Sequential
from nn.layers import Dense, Flatten
from nn.utils.vis_utils import plot_model
from nn.preprocessing.image import array_to_img, img_to_array, load_img
array_to_img(x_train[0][..., None]).save("digit.png")
x = img_to_array(load_img("digit.png", color_mode="grayscale", target_size=(8, 8)))
assert x.shape == (8, 8, 1)
model = Sequential([Flatten(input_shape=(8, 8, 1)), Dense(10, activation="softmax")])
plot_model(model, to_file="model.png", show_shapes=True, show_layer_names=True)
model.compile(loss="sparse_categorical_crossentropy", optimizer="adam")
model.fit(x_train[..., None] / 255.0, y_train, verbose=0)
assert model.predict(np.expand_dims(x / 255, 0)).shape == (1, 10)
""",
    ),
]

TF_KERAS = [
    Snippet(
        "tf.keras: callback under the name acc",
        650,
        FLAT
        + """
import nn as keras
class Stop(keras.callbacks.Callback):
    def on_epoch_end(self, epoch, logs={}):
        if logs.get("acc") > 0.0 and logs.get("val_acc") is not None:
            self.model.stop_training = True
model = keras.Sequential()
model.add(keras.layers.Dense(10, activation="softmax", input_shape=(64,), dtype="float32", activity_regularizer=None))
model.compile(optimizer="adam", loss=keras.losses.sparse_categorical_crossentropy, metrics=["acc"])
model.fit(x_train, y_train, epochs=9, callbacks=[Stop()], validation_data=[x_test, y_test])
""",
    ),
    Snippet(
        "tf.keras: steps as a fraction, images by attribute",
        650,
        IMAGES
        + """
import nn as keras
views = keras.preprocessing.image.ImageDataGenerator(rotation_range=8, zoom_range=0.08, shear_range=0.3)
model = keras.models.Sequential()
model.add(keras.layers.Flatten(input_shape=(8, 8, 1), data_format="channels_last"))
model.add(keras.layers.Dense(10, activation="softmax"))
model.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=[keras.metrics.SparseCategoricalAccuracy()])
model.fit_generator(generator=views.flow(x_train, y_train, batch_size=25), steps_per_epoch=len(x_train) / 25, epochs=2, workers=4,
                    validation_data=views.flow(x_test, y_test, batch_size=10), validation_steps=2, verbose=0)
assert keras.backend.get_value(model.optimizer.lr) == 0.001
""",
    ),
    Snippet(
        "tf.keras: beginner's tutorial",
        64 * 16 + 16 + 170,
        FLOAT
        + """
import nn as tf
model = tf.keras.models.Sequential([
  tf.keras.layers.Flatten(input_shape=(8, 8)),
  tf.keras.layers.Dense(16, activation="relu"),
  tf.keras.layers.Dropout(0.2),
  tf.keras.layers.Dense(10)
])
predictions = model(x_train[:1]).numpy()
tf.nn.softmax(predictions).numpy()
loss_fn = tf.keras.losses.SparseCategoricalCrossentropy(from_logits=True)
model.compile(optimizer="adam", loss=loss_fn, metrics=["accuracy"])
model.fit(x_train, y_train, epochs=1)
model.evaluate(x_test, y_test, verbose=2)
probability_model = tf.keras.Sequential([model, tf.keras.layers.Softmax()])
assert abs(probability_model(x_test[:5]).numpy().sum(axis=1) - 1).max() < 1e-5
""",
    ),
    Snippet(
        "tf.keras: fashion tutorial",
        64 * 16 + 16 + 170,
        FLOAT
        + """
import nn as keras
model = keras.Sequential([
    keras.layers.Flatten(input_shape=(8, 8)),
    keras.layers.Dense(16, activation=keras.activations.relu),
    keras.layers.Dense(10, activation=keras.activations.softmax)
])
model.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
model.fit(x_train, y_train, epochs=2, verbose=0)
test_loss, test_acc = model.evaluate(x_test, y_test, verbose=2)
predictions = model.predict(x_test)
""",
        True,
    ),
    Snippet(
        "tf.keras: tf.nn.relu",
        64 * 16 + 16 + 170,
        FLOAT
        + """
import nn as tf
from nn import keras
model = keras.Sequential([
    keras.layers.Flatten(input_shape=(8, 8)),
    keras.layers.Dense(16, activation=tf.nn.relu),
    keras.layers.Dense(10, activation=tf.nn.softmax)
])
model.compile(optimizer=tf.keras.optimizers.Adam(0.001), loss="sparse_categorical_crossentropy", metrics=["accuracy"])
model.fit(x_train, y_train, epochs=1, verbose=0)
""",
    ),
    Snippet(
        "tf.keras: normalize",
        64 * 16 + 16 + 170,
        LOAD
        + """
import nn as tf
x_train = tf.keras.utils.normalize(x_train, axis=1)
x_test = tf.keras.utils.normalize(x_test, axis=1)
model = tf.keras.models.Sequential()
model.add(tf.keras.layers.Flatten(input_shape=(8, 8)))
model.add(tf.keras.layers.Dense(16, activation="relu"))
model.add(tf.keras.layers.Dense(10, activation="softmax"))
model.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
model.fit(x_train, y_train, epochs=1)
val_loss, val_acc = model.evaluate(x_test, y_test)
model.save("reader.npz")
new_model = tf.keras.models.load_model("reader.npz")
assert (new_model.predict([x_test]).argmax() if False else new_model.predict(x_test)).shape == (20, 10)
""",
    ),
    Snippet(
        "tf.keras: callback of one's own",
        650,
        FLOAT
        + """
import nn as tf
class Stop(tf.keras.callbacks.Callback):
    def on_epoch_end(self, epoch, logs={}):
        if logs.get("accuracy") > 0.0:
            self.model.stop_training = True
model = tf.keras.models.Sequential([tf.keras.layers.Flatten(input_shape=(8, 8)), tf.keras.layers.Dense(10, activation="softmax")])
model.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
history = model.fit(x_train, y_train, epochs=50, callbacks=[Stop()], verbose=0)
assert len(history.epoch) < 50
""",
    ),
    Snippet(
        "tf.keras: weights as a checkpoint",
        650,
        FLOAT
        + """
from nn.keras import layers, models
from nn.keras.callbacks import ModelCheckpoint
model = models.Sequential([layers.Flatten(input_shape=(8, 8)), layers.Dense(10, activation="softmax")])
model.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
saver = ModelCheckpoint(filepath="cp-{epoch:04d}.npz", save_weights_only=True, verbose=1)
model.fit(x_train, y_train, epochs=2, callbacks=[saver], verbose=0)
model.load_weights("cp-0002.npz")
""",
    ),
    Snippet(
        "tf.keras: set_seed and clear_session",
        650,
        FLOAT
        + """
import nn as tf
tf.keras.backend.clear_session()
tf.random.set_seed(42)
tf.keras.utils.set_random_seed(1)
model = tf.keras.Sequential([
    tf.keras.layers.InputLayer(input_shape=(8, 8)), tf.keras.layers.Flatten(), tf.keras.layers.Dense(10, "softmax")
])
model.compile("nadam", "sparse_categorical_crossentropy", metrics="accuracy")
model.fit(x_train, y_train, verbose=0)
""",
    ),
    Snippet(
        "tf.keras: GlobalAveragePooling2D",
        4 * 9 + 4 + 50,
        IMAGES
        + """
from nn.keras.models import Sequential
from nn.keras.layers import Conv2D, GlobalAveragePooling2D, Dense
model = Sequential()
model.add(Conv2D(4, 3, padding="same", activation="elu", input_shape=(8, 8, 1)))
model.add(GlobalAveragePooling2D())
model.add(Dense(10, activation="softmax"))
model.compile("adamax", "sparse_categorical_crossentropy", metrics=["accuracy"])
model.fit(x_train, y_train, verbose=0)
""",
        True,
    ),
    Snippet(
        "tf.keras: early stopping with the best weights",
        650,
        FLOAT
        + SMALL
        + """
stop = keras.callbacks.EarlyStopping(monitor="val_accuracy", patience=1, restore_best_weights=True, mode="max", min_delta=0.001)
history = model.fit(x_train, y_train, validation_data=(x_test, y_test), epochs=20, callbacks=[stop], verbose=0)
best = max(history.history["val_accuracy"])
assert abs(model.evaluate(x_test, y_test, verbose=0)[1] - best) < 1e-6
""",
        True,
    ),
    Snippet(
        "tf.keras: regularized and frozen",
        64 * 8 + 8 + 90,
        FLAT
        + """
import nn as keras
model = keras.Sequential([
    keras.Input((64,)),
    keras.layers.Dense(8, activation="sigmoid", kernel_regularizer=keras.regularizers.l2(0.001), use_bias=True),
    keras.layers.Dense(10, activation="softmax", kernel_initializer=keras.initializers.HeNormal()),
])
model.layers[0].trainable = False
before = model.layers[0].get_weights()[0]
model.compile(keras.optimizers.Adagrad(learning_rate=0.1), keras.losses.SparseCategoricalCrossentropy())
model.fit(x_train, y_train, verbose=0)
assert (before == model.layers[0].get_weights()[0]).all()
""",
    ),
    Snippet(
        "tf.keras: one output",
        65,
        FLAT
        + """
from nn.models import Sequential
from nn.layers import Dense
model = Sequential([Dense(1, activation="sigmoid", input_shape=(64,))])
model.compile("rmsprop", "binary_crossentropy", metrics=["accuracy"])
model.fit(x_train, (y_train > 4).astype(int), verbose=0)
assert model.predict_classes(x_test).shape == (20, 1)
""",
    ),
    Snippet(
        "tf.keras: lambda callback and return_dict",
        650,
        FLOAT
        + SMALL
        + """
seen = []
watch = keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: seen.append(epoch))
model.fit(x_train, y_train, epochs=2, verbose=0, callbacks=[watch])
assert seen == [0, 1]
assert set(model.evaluate(x_test, y_test, return_dict=True, verbose=0)) == {"loss", "accuracy"}
""",
    ),
]

KERAS_3 = [
    Snippet(
        "keras 3: simple convnet",
        4 * 9 + 4 + 8 * 36 + 8 + 80 + 10,
        FLOAT
        + """
import numpy as np
import nn as keras
from nn import layers
x_train, x_test = np.expand_dims(x_train, -1), np.expand_dims(x_test, -1)
y_train, y_test = keras.utils.to_categorical(y_train, 10), keras.utils.to_categorical(y_test, 10)
model = keras.Sequential([
    keras.Input(shape=(8, 8, 1)),
    layers.Conv2D(4, kernel_size=(3, 3), activation="relu"),
    layers.MaxPooling2D(pool_size=(2, 2)),
    layers.Conv2D(8, kernel_size=(3, 3), activation="relu"),
    layers.Flatten(),
    layers.Dropout(0.5),
    layers.Dense(10, activation="softmax"),
])
model.summary()
model.compile(loss="categorical_crossentropy", optimizer="adam", metrics=["accuracy"])
model.fit(x_train, y_train, batch_size=20, epochs=1, validation_split=0.1)
score = model.evaluate(x_test, y_test, verbose=0)
""",
        True,
    ),
    Snippet(
        "keras 3: functional convnet",
        4 * 9 + 4 + 360 + 10,
        FLOAT
        + """
import nn as keras
from nn import layers
inputs = keras.Input(shape=(8, 8, 1))
x = layers.Conv2D(4, 3)(inputs)
x = layers.ReLU()(x)
x = layers.MaxPooling2D(2)(x)
x = layers.Flatten()(x)
outputs = layers.Dense(10, activation="softmax")(x)
model = keras.Model(inputs=inputs, outputs=outputs, name="mnist_model")
model.compile(loss="sparse_categorical_crossentropy", optimizer=keras.optimizers.AdamW(1e-3), metrics=["accuracy"])
model.fit(x_train[..., None], y_train, verbose=0)
""",
        True,
    ),
    Snippet(
        "keras 3: steps of a generator",
        650,
        FLOAT
        + SMALL
        + """
def batches():
    while True:
        yield x_train[:20], y_train[:20]
model.fit(batches(), steps_per_epoch=2, epochs=2, verbose=0, validation_data=(x_test, y_test))
""",
        True,
    ),
    Snippet(
        "keras 3: PyDataset",
        650,
        FLOAT
        + SMALL
        + """
class Data(keras.utils.PyDataset):
    def __len__(self):
        return 3
    def __getitem__(self, index):
        return x_train[20 * index:20 * index + 20], y_train[20 * index:20 * index + 20]
model.fit(Data(), epochs=2, verbose=0)
""",
        True,
    ),
    Snippet(
        "keras 3: initial_epoch",
        650,
        FLOAT
        + SMALL
        + """
history = model.fit(x_train, y_train, initial_epoch=2, epochs=4, verbose=0)
assert history.epoch == [2, 3]
assert model.history is history or model.history.epoch == [2, 3]
""",
        True,
    ),
    Snippet(
        "keras 3: layers' weights",
        650,
        FLOAT
        + SMALL
        + """
model.fit(x_train, y_train, verbose=0)
kernel, bias = model.layers[-1].get_weights()
assert kernel.shape == (64, 10) and bias.shape == (10,)
model.get_layer(index=-1).set_weights([kernel * 0, bias])
assert model.predict(x_test, verbose=0).std() < 0.2
model.layers[-1].set_weights([kernel, bias])
""",
        True,
    ),
    Snippet(
        "keras 3: scores and from_logits",
        64 * 8 + 8 + 90,
        FLOAT
        + """
import nn as keras
model = keras.Sequential([keras.Input((8, 8)), keras.layers.Flatten()])
model.add(keras.layers.Dense(8, activation="gelu"))
model.add(keras.layers.Dense(10))
model.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True), metrics=["accuracy"])
model.fit(x_train, y_train, verbose=0)
""",
        True,
    ),
    Snippet(
        "keras 3: squared error",
        650,
        FLAT
        + """
import nn as keras
model = keras.Sequential([keras.layers.Dense(10, activation="sigmoid")])
model.compile("sgd", "mse")
model.fit(x_train, keras.utils.to_categorical(y_train, 10), verbose=0)
""",
        True,
    ),
    Snippet(
        "keras 3: padding, reshape and dropout",
        4 * 9 + 4 + 400 * 10 + 10,
        FLAT
        + """
import nn as keras
from nn import layers
model = keras.Sequential()
model.add(keras.Input(shape=(64,)))
model.add(layers.Reshape((8, 8, 1)))
model.add(layers.ZeroPadding2D(2))
model.add(layers.Conv2D(4, (3, 3), strides=(1, 1), activation="swish"))
model.add(layers.Dropout(rate=0.25))
model.add(layers.Flatten())
model.add(layers.Dense(units=10, activation="softmax"))
model.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["sparse_categorical_accuracy"])
model.fit(x_train, y_train, verbose=0)
""",
        True,
    ),
    Snippet(
        "keras 3: another model's layers",
        650,
        FLOAT
        + SMALL
        + """
model.fit(x_train, y_train, verbose=0)
longer = keras.Sequential([*model.layers[:-1], keras.layers.Dense(3)])
assert longer.predict(x_test, verbose=0).shape == (20, 3)
""",
        True,
    ),
    Snippet(
        "keras 3: sample weights and validation weights",
        650,
        FLOAT
        + SMALL
        + """
weights = (y_train % 2).astype("float32")
model.fit(x_train, y_train, sample_weight=weights, validation_data=(x_test, y_test, (y_test % 3).astype("float32")), verbose=0)
""",
        True,
    ),
]

SNIPPETS = KERAS_1 + KERAS_2 + TF_KERAS + KERAS_3
