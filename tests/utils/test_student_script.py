"""The script that a student wrote for Keras, in our words: only its import lines are ours."""

import re

import pytest

from nn.models import load_model

IMPORTS = """
import nn as keras
from nn.datasets import mnist
from nn.models import Sequential, load_model
from nn.layers import Dense, Dropout, Flatten
from nn.layers import Conv2D, MaxPooling2D
import nn.utils, nn.losses, nn.optimizers
"""

SCRIPT = """
(x_train, y_train), (x_test, y_test) = mnist.load_data()
x_train, y_train, x_test, y_test = x_train[:600], y_train[:600], x_test[:200], y_test[:200]

x_train = x_train.reshape(x_train.shape[0], 28, 28, 1)
x_test = x_test.reshape(x_test.shape[0], 28, 28, 1)
input_shape = (28, 28, 1)
num_classes = 10

y_train = keras.utils.to_categorical(y_train, num_classes)
y_test = keras.utils.to_categorical(y_test, num_classes)
x_train = x_train.astype('float32')
x_test = x_test.astype('float32')
x_train /= 255
x_test /= 255
print('x_train shape:', x_train.shape)
print(x_train.shape[0], 'train samples')

batch_size = 128
epochs = 2

model = Sequential()
model.add(Conv2D(32, kernel_size=(5, 5), activation='relu', input_shape=input_shape))
model.add(MaxPooling2D(pool_size=(2, 2)))
model.add(Conv2D(64, (3, 3), activation='relu'))
model.add(MaxPooling2D(pool_size=(2, 2)))
model.add(Flatten())
model.add(Dense(128, activation='relu'))
model.add(Dropout(0.3))
model.add(Dense(64, activation='relu'))
model.add(Dropout(0.5))
model.add(Dense(num_classes, activation='softmax'))

model.compile(loss=keras.losses.categorical_crossentropy, optimizer=keras.optimizers.Adadelta(), metrics=['accuracy'])
model.summary()

hist = model.fit(x_train, y_train, batch_size=batch_size, epochs=epochs, verbose=1, validation_data=(x_test, y_test))
print('The model has successfully trained')

score = model.evaluate(x_test, y_test, verbose=0)
print('Test loss:', score[0])
print('Test accuracy:', score[1])

model.save('mnist.npz')
print('Saving the model as mnist.npz')

again = load_model('mnist.npz')
res = again.predict([x_test[3].reshape(28, 28, 1)])[0]
print('Digit:', res.argmax(), 'with', max(res))
"""


@pytest.mark.usefixtures("compiler")
def test_students_script_runs_with_only_its_imports_changed(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {}
    exec(compile(IMPORTS + SCRIPT, "student.py", "exec"), names)
    out = capsys.readouterr().out
    assert "x_train shape: (600, 28, 28, 1)" in out
    assert "Total parameters: 233,162" in out
    assert re.search(r"Epoch 2/2.*val_accuracy", out)
    history = names["hist"].history
    assert history["loss"][1] < history["loss"][0]
    assert names["score"] == [history["val_loss"][-1], history["val_accuracy"][-1]]
    assert load_model("mnist.npz").output_shape == (10,)
