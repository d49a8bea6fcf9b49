"""A browser for the tests of the page, where there is one, and the page of the bundled model."""

import pytest
from chromium import PROGRAM, Chromium

from nn.export.html import page
from nn.models import load_model
from nn.pretrained import BUNDLED


@pytest.fixture(scope="package")
def browser(tmp_path_factory):
    if PROGRAM is None:
        pytest.skip("needs Chromium")
    browser = Chromium(tmp_path_factory.mktemp("chromium"))
    yield browser
    browser.close()


@pytest.fixture(scope="package")
def bundled():
    model = load_model(BUNDLED)
    model.use_kernels = False
    return model


@pytest.fixture(scope="package")
def bundled_page(bundled, tmp_path_factory):
    path = tmp_path_factory.mktemp("page") / "digits.html"
    path.write_bytes(page(bundled, "the bundled model"))
    return path
