"""The loops, compiled by Numba: the equation as naive loops, and beside it the tuned form. See
README.md in this folder.
"""

import mmap
import sys

if sys.platform != "win32":
    import resource

# What Numba, its compiler and the libraries that it looks for take when they are imported, and
# what is read meanwhile.
ADDRESS_SPACE = 512 * 2**20


def _check_address_space() -> None:
    """Raise `MemoryError` if the process may not use enough memory (`ulimit -v`) to load the
    compiler. OpenBLAS, which SciPy loads, would ask for memory for ever, and others would blame
    their files.
    """
    if sys.platform == "win32" or resource.getrlimit(resource.RLIMIT_AS)[0] == resource.RLIM_INFINITY:
        return
    try:
        mmap.mmap(-1, ADDRESS_SPACE).close()
    except OSError as error:
        raise MemoryError(f"the compiler needs {ADDRESS_SPACE >> 20} MB") from error


_check_address_space()
