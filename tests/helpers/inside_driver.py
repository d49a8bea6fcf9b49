"""Looking inside by hand: the untrained network's stages, and a pointer that finds their cells."""

CONV, POOL, SECOND_CONV, DENSE, SCORES, SOFTMAX = 1, 2, 3, 5, 6, 7


def screen(driver):
    return driver.app.inside_screen


def point(driver, stage, cell):
    driver.move(screen(driver).network.bands[stage].cell_rect(cell).center)
    driver.app.frame()


def click(driver, stage, cell):
    position = screen(driver).network.bands[stage].cell_rect(cell).center
    driver.move(position)
    driver.down(position)
    driver.up(position)
    driver.app.frame()
