"""Files with one wrong bit, in place: writing the file anew for every bit would keep the disk busy
and prove nothing.
"""


def flips(path, every=1):
    """Flip one bit of every `every`th byte, and back again when the loop goes on; gives the byte's
    place.
    """
    content = path.read_bytes()
    with open(path, "r+b", buffering=0) as file:
        for place in range(0, len(content), every):
            file.seek(place)
            file.write(bytes([content[place] ^ 1 << place % 8]))
            yield place
            file.seek(place)
            file.write(content[place : place + 1])
