"""stub"""

from __future__ import annotations

from apps.draw.inside import layout as inside_layout
from apps.draw.keys import WATCH
from apps.draw.screen import Screen


class WatchScreen(Screen):
    """stub"""

    bindings = WATCH

    def __init__(self, session, wake):
        super().__init__(session)

    def arrange(self, size, look):
        return inside_layout.arrange(size, look.scale)

    def draw(self, surface, look, changes, everything):
        return []
