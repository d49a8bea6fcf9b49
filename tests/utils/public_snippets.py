"""More scripts, after those that are copied most often: TensorFlow's tutorials, Keras' examples and
blog, books and courses. As in `keras_snippets.py`, in our words and on the same tiny data.
"""

from keras_snippets import FLAT, FLOAT, IMAGES, LOAD, ONE_HOT, SMALL, Snippet

PUBLIC = [
    Snippet(
        "blog: autoencoder whose decoder is a model of its own",
        64 * 8 + 8 + 8 * 64 + 64,
        FLAT
        + """
import nn as keras
from nn import layers
image = keras.Input(shape=(64,))
code = layers.Dense(8, activation="relu")(image)
model = keras.Model(image, layers.Dense(64, activation="sigmoid")(code))
encoder = keras.Model(image, code)
given_code = keras.Input(shape=(8,))
decoder = keras.Model(given_code, model.layers[-1](given_code))
model.compile(optimizer="adam", loss="binary_crossentropy")
model.fit(x_train, x_train, epochs=2, batch_size=20, shuffle=True, validation_data=(x_test, x_test), verbose=0)
difference = decoder.predict(encoder.predict(x_test)) - model.predict(x_test)
assert abs(difference).max() < 1e-6
""",
    ),
    Snippet(
        "example: features learned on five classes, frozen for the others",
        4 * 9 + 4 + 144 * 5 + 5,
        IMAGES
        + """
import nn as keras
from nn.layers import Activation, Conv2D, Dense, Dropout, Flatten
feature_layers = [Conv2D(4, 3, padding="valid", input_shape=(8, 8, 1)), Activation("relu"), Dropout(0.25), Flatten()]
model = keras.models.Sequential(feature_layers + [Dense(5), Activation("softmax")])
low, high = y_train < 5, y_train >= 5
model.compile(loss="categorical_crossentropy", optimizer="adadelta", metrics=["accuracy"])
model.fit(x_train[low], keras.utils.to_categorical(y_train[low], 5), batch_size=16, verbose=0)
for layer in feature_layers:
    layer.trainable = False
kept = [array.copy() for array in model.layers[0].get_weights()]
model.compile(loss="categorical_crossentropy", optimizer="adadelta", metrics=["accuracy"])
model.fit(x_train[high], keras.utils.to_categorical(y_train[high] - 5, 5), batch_size=16, verbose=0)
assert all((one == other).all() for one, other in zip(kept, model.layers[0].get_weights()))
""",
    ),
    Snippet(
        "tutorial: the loss of an untrained model, and a model file that is evaluated and trained on",
        64 * 16 + 16 + 170,
        FLOAT
        + """
import nn as tf
print(tf.__version__, tf.version.VERSION)
model = tf.keras.models.Sequential([
    tf.keras.layers.Flatten(input_shape=(8, 8)), tf.keras.layers.Dense(16, activation="relu"), tf.keras.layers.Dense(10)
])
loss_fn = tf.keras.losses.SparseCategoricalCrossentropy(from_logits=True)
assert 0 < loss_fn(y_train[:1], model(x_train[:1]).numpy()).numpy() < 20
model.compile(optimizer="adam", loss=loss_fn, metrics=["accuracy"])
model.fit(x_train, y_train, epochs=1, verbose=0)
model.save("my_model.npz")
new_model = tf.keras.models.load_model("my_model.npz")
assert new_model.evaluate(x_test, y_test, verbose=2) == model.evaluate(x_test, y_test)
new_model.fit(x_train, y_train, epochs=1, verbose=0)
assert new_model.iterations == 4
""",
    ),
    Snippet(
        "tutorial: tf.data",
        4 * 9 + 4 + 1440 + 10,
        LOAD
        + """
import nn as tf
def scale(image, label):
    return tf.cast(image, tf.float32)[..., tf.newaxis] / 255.0, label
train = tf.data.Dataset.from_tensor_slices((x_train, y_train)).map(scale, num_parallel_calls=tf.data.AUTOTUNE)
train = train.cache().shuffle(60).batch(16).prefetch(tf.data.AUTOTUNE)
test = tf.data.Dataset.from_tensor_slices((x_test, y_test)).map(scale).batch(16)
model = tf.keras.Sequential([
    tf.keras.layers.Conv2D(4, 3, activation="relu", input_shape=(8, 8, 1)), tf.keras.layers.Flatten(),
    tf.keras.layers.Dense(10, activation="softmax")
])
model.compile(optimizer=tf.keras.optimizers.Adam(0.001), loss="sparse_categorical_crossentropy", metrics=["accuracy"])
model.fit(train, epochs=2, validation_data=test, verbose=0)
assert len(model.evaluate(test)) == 2 and model.iterations == 8
""",
    ),
    Snippet(
        "tutorial: tf.one_hot, tf.reshape, tf.argmax",
        650,
        LOAD
        + """
import nn as tf
x_train, x_test = tf.cast(x_train, tf.float32) / 255.0, tf.cast(x_test, tf.float32) / 255.0
x_train, x_test = tf.reshape(x_train, [-1, 64]), tf.reshape(x_test, [-1, 64])
model = tf.keras.Sequential([tf.keras.layers.Dense(10, activation="softmax", input_shape=(64,))])
model.compile(tf.optimizers.SGD(), "categorical_crossentropy", ["accuracy"])
model.fit(x_train, tf.one_hot(y_train, depth=10), verbose=0)
counts = tf.math.confusion_matrix(y_test, tf.argmax(model.predict(x_test), axis=1), num_classes=10)
assert counts.numpy().sum() == 20
""",
    ),
    Snippet(
        "keras 2: a History of one's own, optimizers in small letters",
        650,
        FLAT
        + ONE_HOT
        + """
from nn import optimizers
from nn.callbacks import History
from nn.models import Sequential
from nn.layers import Dense
model = Sequential([Dense(10, activation="softmax", input_shape=(64,))])
for optimizer in (optimizers.adadelta(), optimizers.rmsprop(), optimizers.sgd(lr=0.1, momentum=0.9), optimizers.adam(lr=0.001)):
    model.compile(loss="categorical_crossentropy", optimizer=optimizer, metrics=["acc"])
history = History()
returned = model.fit(x_train, y_train, epochs=2, callbacks=[history], verbose=0, validation_split=0.25)
assert history.history == returned.history and len(history.history["val_acc"]) == 2
assert history.epoch == [0, 1] and returned.params["epochs"] == 2 and returned.params["steps"] == 2
""",
    ),
    Snippet(
        "book: the rate grows with every batch",
        64 * 8 + 8 + 90,
        FLOAT
        + """
from nn import keras
K = keras.backend
class Growing(keras.callbacks.Callback):
    def __init__(self, factor):
        super().__init__()
        self.factor, self.rates, self.losses = factor, [], []
    def on_batch_end(self, batch, logs):
        self.rates.append(K.get_value(self.model.optimizer.learning_rate))
        self.losses.append(logs["loss"])
        K.set_value(self.model.optimizer.learning_rate, self.model.optimizer.learning_rate * self.factor)
model = keras.models.Sequential([
    keras.layers.Flatten(input_shape=[8, 8]), keras.layers.Dense(8, activation="selu", kernel_initializer="lecun_normal"),
    keras.layers.Dense(10, activation="softmax")
])
model.compile(loss="sparse_categorical_crossentropy", optimizer=keras.optimizers.SGD(learning_rate=1e-3), metrics=["accuracy"])
growing = Growing(2)
model.fit(x_train, y_train, batch_size=20, callbacks=[growing], verbose=0)
assert [round(rate, 9) for rate in growing.rates] == [0.001, 0.002, 0.004]
""",
    ),
    Snippet(
        "tutorial: checkpoints every few batches in a new folder",
        650,
        FLOAT
        + SMALL
        + """
import os
saver = keras.callbacks.ModelCheckpoint("training/cp-{epoch:04d}.weights.npz", save_weights_only=True, save_freq=2 * 3)
model.fit(x_train, y_train, batch_size=20, epochs=5, callbacks=[saver], verbose=0)
assert sorted(os.listdir("training")) == ["cp-0002.weights.npz", "cp-0004.weights.npz"]
""",
    ),
    Snippet(
        "keras 3: pixels scaled by the model",
        4 * 9 + 4 + 360 + 10,
        LOAD
        + """
import nn as keras
from nn import layers
model = keras.Sequential([
    keras.Input((8, 8, 1)), layers.Rescaling(1.0 / 255), layers.Conv2D(4, 3, activation="relu"), layers.MaxPooling2D(),
    layers.Flatten(), layers.Dense(10)
])
model.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True), metrics=["accuracy"])
model.fit(x_train[..., None], y_train, verbose=0)
""",
        True,
    ),
    Snippet(
        "keras 3: a schedule of Keras",
        650,
        FLOAT
        + SMALL
        + """
schedule = keras.optimizers.schedules.ExponentialDecay(0.1, decay_steps=100, decay_rate=0.96, staircase=True)
model.compile(keras.optimizers.RMSprop(learning_rate=schedule), "sparse_categorical_crossentropy", metrics=["accuracy"])
model.fit(x_train, y_train, verbose=0)
""",
        True,
    ),
    Snippet(
        "guide: a callback for most events",
        650,
        FLOAT
        + SMALL
        + """
seen = []
class Watcher(keras.callbacks.Callback):
    def on_train_begin(self, logs=None): seen.append("train begin")
    def on_train_end(self, logs=None): seen.append("train end")
    def on_epoch_begin(self, epoch, logs=None): seen.append("epoch begin")
    def on_epoch_end(self, epoch, logs=None): seen.append("epoch end")
    def on_train_batch_begin(self, batch, logs=None): seen.append("batch begin")
    def on_train_batch_end(self, batch, logs=None): seen.append("batch end")
    def on_test_begin(self, logs=None): seen.append("test begin")
    def on_test_end(self, logs=None): seen.append("test end")
    def on_predict_begin(self, logs=None): seen.append("never")
model.fit(x_train, y_train, batch_size=30, validation_data=(x_test, y_test), callbacks=[Watcher()], verbose=0)
inside = ["batch begin", "batch end"] * 2
assert seen == ["train begin", "epoch begin", *inside, "test begin", "test end", "epoch end", "train end"]
""",
        True,
    ),
    Snippet(
        "guide: activations as functions in a chain",
        64 * 8 + 8 + 90,
        FLAT
        + """
import nn as tf
inputs = tf.keras.Input((64,))
x = tf.nn.relu(tf.keras.layers.Dense(8)(inputs))
model = tf.keras.Model(inputs, tf.keras.layers.Dense(10, activation="softmax")(x))
model.compile("adam", "sparse_categorical_crossentropy", ["accuracy"])
model.fit(x_train, y_train, verbose=0)
""",
    ),
    Snippet(
        "guide: clone_model and from_config",
        650,
        FLOAT
        + SMALL
        + """
model.fit(x_train, y_train, verbose=0)
for copy in (keras.models.clone_model(model), keras.Sequential.from_config(model.get_config())):
    copy.set_weights(model.get_weights())
    assert (copy.predict(x_test, verbose=0) == model.predict(x_test, verbose=0)).all()
""",
        True,
    ),
    Snippet(
        "book: LeNet in Theano's order, as of 2017",
        4 * 9 + 4 + 36 * 10 + 10,
        FLOAT
        + """
import numpy as np
from nn import backend as K
from nn.models import Sequential
from nn.layers.convolutional import Conv2D, MaxPooling2D
from nn.layers.core import Activation, Dense, Flatten
from nn.utils import np_utils
kept = K.image_dim_ordering()
K.set_image_dim_ordering("th")
x_train, x_test = x_train[:, np.newaxis, :, :], x_test[:, np.newaxis, :, :]
y_train, y_test = np_utils.to_categorical(y_train, 10), np_utils.to_categorical(y_test, 10)
model = Sequential()
model.add(Conv2D(4, kernel_size=3, input_shape=(1, 8, 8)))
model.add(Activation("relu"))
model.add(MaxPooling2D(pool_size=(2, 2), strides=(2, 2)))
model.add(Flatten())
model.add(Dense(10))
model.add(Activation("softmax"))
K.set_image_dim_ordering(kept)
model.compile(loss="categorical_crossentropy", optimizer="adam", metrics=["accuracy"])
history = model.fit(x_train, y_train, batch_size=20, epochs=2, verbose=0, validation_split=0.2)
assert len(history.history["acc"]) == len(history.history["val_acc"]) == 2
assert history.history["acc"] == history.history["accuracy"]
""",
    ),
    Snippet(
        "blog: convolutional autoencoder",
        (4 * 9 + 4) + (2 * 36 + 2) + (2 * 18 + 2) + (4 * 18 + 4) + (36 + 1),
        IMAGES
        + """
from nn.layers import Input, Convolution2D, MaxPooling2D, UpSampling2D
from nn.models import Model
image = Input(shape=(8, 8, 1))
x = Convolution2D(4, 3, 3, activation="relu", border_mode="same")(image)
x = MaxPooling2D((2, 2), border_mode="same")(x)
x = Convolution2D(2, 3, 3, activation="relu", border_mode="same")(x)
encoded = MaxPooling2D((2, 2), border_mode="same")(x)
x = Convolution2D(2, 3, 3, activation="relu", border_mode="same")(encoded)
x = UpSampling2D((2, 2))(x)
x = Convolution2D(4, 3, 3, activation="relu", border_mode="same")(x)
x = UpSampling2D((2, 2))(x)
decoded = Convolution2D(1, 3, 3, activation="sigmoid", border_mode="same")(x)
model = Model(input=image, output=decoded)
model.compile(optimizer="adadelta", loss="binary_crossentropy")
model.fit(x_train, x_train, nb_epoch=2, batch_size=20, shuffle=True, verbose=0, validation_data=(x_test, x_test))
assert model.predict(x_test).shape == x_test.shape
assert Model(input=image, output=encoded).predict(x_test).shape == (20, 2, 2, 2)
""",
    ),
    Snippet(
        "blog: generator and discriminator",
        8 * 64 + 64 + 256 + 64 * 8 + 8 + 8 + 1,
        FLAT
        + """
import numpy as np
from nn.models import Sequential
from nn.layers import BatchNormalization, Dense, LeakyReLU
from nn.optimizers import Adam
discriminator = Sequential()
discriminator.add(Dense(8, input_dim=64))
discriminator.add(LeakyReLU(alpha=0.2))
discriminator.add(Dense(1, activation="sigmoid"))
discriminator.compile(loss="binary_crossentropy", optimizer=Adam(lr=0.002, beta_1=0.5), metrics=["accuracy"])
generator = Sequential([Dense(64, input_dim=8), BatchNormalization(momentum=0.8)])
discriminator.trainable = False
model = Sequential([generator, discriminator])
model.compile(loss="binary_crossentropy", optimizer=Adam(0.002, 0.5))
for step in range(3):
    noise = np.random.normal(0, 1, (20, 8)).astype("float32")
    fake = generator.predict(noise)
    d_loss = 0.5 * np.add(discriminator.train_on_batch(x_train[:20], np.ones((20, 1))),
                          discriminator.train_on_batch(fake, np.zeros((20, 1))))
    g_loss = model.train_on_batch(noise, np.ones((20, 1)))
    print("%d [D loss: %f, acc.: %.2f%%] [G loss: %f]" % (step, d_loss[0], 100 * d_loss[1], g_loss))
x_test = x_test[:, :8]
""",
    ),
    Snippet(
        "tutorial: TensorFlow 1's optimizer, the accuracy at which a callback stops, the last checkpoint",
        64 * 16 + 16 + 170,
        FLOAT
        + """
import nn as tf
tf.logging.set_verbosity(tf.logging.ERROR)
class myCallback(tf.keras.callbacks.Callback):
    def on_epoch_end(self, epoch, logs={}):
        if logs.get("acc") > 0.0:
            self.model.stop_training = True
model = tf.keras.models.Sequential([
    tf.keras.layers.Flatten(input_shape=(8, 8)), tf.keras.layers.Dense(16, tf.nn.relu), tf.keras.layers.Dense(10, tf.nn.softmax)
])
model.compile(optimizer=tf.train.AdamOptimizer(), loss="sparse_categorical_crossentropy", metrics=["accuracy"])
saver = tf.keras.callbacks.ModelCheckpoint("training/cp-{epoch:04d}.npz", save_weights_only=True, period=1)
history = model.fit(x_train, y_train, epochs=9, callbacks=[myCallback(), saver], verbose=0)
model.load_weights(tf.train.latest_checkpoint("training"))
""",
    ),
]
