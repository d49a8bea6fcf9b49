"""Data sets and the IDX format they are kept in.

`mnist.load_data()` and `fashion_mnist.load_data()` return ((x_train, y_train), (x_test, y_test)).

Below them: `idx` is the format and `content` the bytes under it; `collection` describes a data set, `locate` finds its files,
`fetch` downloads them, `loading` reads and checks them.
"""
