"""Families of shapes: ways of writing whose members differ by parameters, so that what lies
between them is covered too.

The notation is that of `nn.strokes.shapes`, and a coordinate may contain parameters: in
`46-10a+6b,20+30a` both a and b run from 0 to 1, each by itself, and are the same in all points of
a member. A parameter says where a bar crosses, how far a loop closes, how round a corner is. The
weight is that of the whole family.
"""

from __future__ import annotations

import re

MEMBERS = 48  # of a family; each hand varies them further

FAMILIES: dict[int, str] = {
    0: """
        1.2 crossed by a long bar: 34,0 8,16 0,50 9,84 32,100 54,86 63,50 55,15 32,0 | 80-30a,-12+8b -16+30a,112-8b
        0.8 crossed by an upright bar: 34,0 8,16 0,50 9,84 32,100 54,86 63,50 55,15 32,0 | 40-10a+10b,-16+8c 24+10a+10b,116-8c
        0.6 bar without lifting: 50-10a,4 28,0 4,22 0,60 14,94 40,98 62,70 60,28 44+6a,2-6b* -4+14c,96+8b
        1 end crosses the start: 30+16a,14-20a 10+10a,8 0,40 8,84 32,100 58,80 62,44 48,12 26-10b,6+6b 4-16b,-4+22c
        0.7 begins inside: 40-10a,30-14b 20,10-4b 2,40 6,84 32,100 58,82 62,40 48,6 24+10c,2-6c
        0.8 end goes past the top: 46,10+8a 26,2 4,24 0,60 14,94 36,100 58,80 62,40 50-8b,4-6b 30-20b,-8-4c
        0.9 open at the top: 22-16a,4+6b 2,26 4,70 30,100 62,86 72,50 62,16-4b 46+12a,4+8c
        0.5 leaning egg: 50+20a,0 14+6a,20 -6,60+10b 8,96 34,98 62+6a,60 74+8a,20+10c 50+20a,0
    """,
    1: """
        0.5 curl at the foot: 0+6a,24-10b 22,0* 21,70+12c 14,94 4,98-6c 2,88-6c 14,84 36+10c,94
        0.35 loop at the foot: 0+8a,26-10b 20,0* 20,82 14,98 6,94 8,86-4c 18,90 34+12c,98-4a
        0.6 hook to the right: 0+12a,24-20b 18,0* 17,80+6c 20,96 32+14c,92-8c
        0.8 flag and a foot in one line: 0+10a,30-20b 24,0* 24+4c,98* 0-4a,100* 46+14b,97+3c
        0.8 flag and a foot apart: 0+12a,40-34b 26,0* 24+4b,100 | 2-10a,100+2c 50+6c,99-2c
        1.2 long flag, leaning: 0,66-40a 40-10b,0* 10+26c,100
        0.8 long flag, bent: 0,50-24a 22+8b,26-14b 44,0* 34-26c,50 22-22c,100
        0.4 flat long flag: 0,42-16a 48+12b,0* 36-20c,100
        0.4 tail to the left: 4+8a,24-16b 24,0* 22,70 14,94 -2-12c,98-8c
    """,
    2: """
        1 three straight strokes: 0+6a,2+22b 48+6c,0+10a* 2,96-4b* 54+8c,97-6b
        1 loop at the foot: 4,22-8a 20,2 44,4 52,24 40,52 12,90+6b -4,94 -2-4c,80+6b 14,80 36,96-4c 62,88-6a
        0.8 curl at the start: 18-6a,26+6b 6,20 10,6 30,0 50,10 50,32 30,66 2,97* 30,95+4c 62,96-12c
        0.7 round at the foot: 2,20-6a 24,0 50,10 48,36 26,68 8+6b,88 6,98 22+8c,99 60,92+6c
        0.6 long neck: 0,20-10a 22+6b,0 42,10 38,34 22,64 2,96* 46+24c,98-6c
        0.5 flat: 0,14+8a 30,0 60+14b,14 50,44 4,96* 70+20b,98-10c
    """,
    3: """
        1.2 small notch: 2,8-4a 24,0 48,8 50,26 40+2c,44-2c* 34+4c-6b,47 42,50* 54,68 46,94 20,100 0,90
        1 flat top, zigzag: 0,4+4a 50,0+4b* 22+10c,38-4c* 48,54 54,74 38,96 14-6a,100 -4,92-6b
        0.8 hardly a notch: 0,4+6a 22,0 46,4 50,24-4b 44-2c,42 44-2c,50 54,66 50,88 26,100 -2,94-8a
        0.7 loop in the middle: 4,12 26,0 50,8 48,32-4a 30,48 16-6b,50 14-6b,40 28,42 50,58 54,78 36,98 0,94-8c
        0.6 flat top and round belly: 2,2+4a 54,0* 26-4b,36+6c 46,42 58,64 46,94 18,100 -2,88
        0.5 long tail: 6,10 28,0 50,10 44,34 22+6a,46* 48,54 56,74 36,96 8,102-4b -20+12c,90+6b
    """,
    4: """
        1.5 round left side, short stem: 24-8a,0 8-4a,22 2,46+6b 8+2c,64+6b 28,70+4b 54+8c,62+4b | 42+8a,30+24c 38+8a,102
        1 round, open, one stroke on the right: 20-8a,2 4,30 4,52+4b 22,64+4b 48,56 | 50-4c,16+40c 44-4c,100
        1 like a G: 34-10a,2+4b 10,16 2,42 8,62 30,68 54,60-4c | 46-6b,40+14c 44-6b,70 40-8a,100+2c
        0.8 angle, stem from half height: 16+8a,0 0,60+8b* 58+8c,58+6b | 42-6a,34+18c 36,100
        0.7 cup without a corner: 0+4a,2 2,30+6b 16,46+8b 40,42+6b 52,30 | 54,0+10c 50,60 46,100
        0.6 closed, crossing: 48+6a,0 0,62+8b* 70,60+8b | 46+4c,22-14b 40+6c,100
        0.7 narrow, short stem: 14-6a,0 2,40 2+2a,68 36+8b,62+4c | 28+4b,36+12c 26,100-8a
        1 low base, short tick: 20-8a,0 6,36 0,68+8b 16,78+6b 40+6a,70+8b | 32+6a,46+14c 28+4c,100
        0.5 one stroke with a loop: 22+6a,0 0,56+6b* 36,58 56,40 50,26-6c 42,40 36-4c,100
    """,
    5: """
        0.8 like an s: 56,2+4a 32,0 12,12+6b 12,34 34,46 54,62 50,86 26,100 -2+4c,92
        0.8 hat apart: 10+4a,4+6b 6,46* 32,38 54,56 50,88 24,100 -2,92 | 16+8c,-8+8b 62+6a,-6+6c
        0.7 flat hat, low belly: 48+12a,0 10,2* 8,40+8b* 36,40+6b 54,60+6b 48,90 20,100 0-6c,94
        0.5 hat from the middle: 12,0 6,44* 30,38 54,56 52,86 28,100 0,93 | 10-8a,2+6b 50+14c,-4+8a
        0.5 small belly: 44+10a,0 12,2* 6,52+6b 26,48+6b 42,66 38,88 18,100 -4,96-4c
    """,
    6: """
        0.8 closed top: 42-6a,14-4b 44,2 32,-2+2a 16,16 2,50 4,86 26,100 48,88 48,68-6c 28,58-4c 6,74
        0.4 loop reaches high: 44+6a,0 16,20 0,62 10,94 34,100 54,80 50,54-8b 28,46-10b 6,64-8b
        0.7 end crosses the back: 44,0 14,30 2,66 14,96 40,96 52,76 36,58-4a 12,60+4b -8-10c,72+6c
        0.6 end inside: 42+6a,0 12,32 0,68 12,96 38,98 52,80 44,64-4b 26,62 18+4c,76 30+6c,84
        0.6 open: 46-6a,0 14,28 0,64 10,94 36,98 54,82 50,66 34-10b,62+8c
        0.4 straight stem: 30+10a,0* 4,70 8,92 28,100 46,86-4b 42,68-6c 24,62 6,76
    """,
    7: """
        1.2 low bar, slanting: 0,6-4a 54,0* 34-6a,50 22,100 | 2+6b,72-16c+8b 54,48+10c-8b+6a
        1 low bar with a hook: 0,8-6a 28,2 54,0* 36,50 28-8a,100 | 6+4b,84-18c 0,70-12c 18,66-12c 58,62-14c+8b
        0.8 steep stem, hooked bar: 4,14-10a 24,0 52,8-6a 52,34 44-6b,70 42-8b,100 | 14,78-12c 6,66-10c 28,64-10c 70,62-12c
        0.8 curved head, bar: 0,14-6a 14,4 42,2 54,12-8b 40,48 26,100 | 8+4c,62-10c 62,52-10c+14b
        0.8 serif and bar: 0,26-16a 4,2* 56,0* 28+6b,100 | 6,62-12c 60,56-16c
        0.5 long serif, foot to the left: 2-4a,36-12c 2,2* 54,0* 36-6b,60 26,94* 4-10b,98-4c
        0.3 bent stem: 0,20-14a 6,4 54,0* 34-8b,40 26,72 30-8c,100
        0.6 hook at the foot: 0,4+6a 54,0* 30,60 24,92 10-10b,100 -6-8b,92-8c
        0.5 bar to the right only: 0,2+6a 54,0* 24,100 | 30-6b,56+6c 66,48+10c
    """,
    8: """
        1.2 open at the top right: 50+4a,14-6b 28,0 8,12 14,34 40,56 54,78 34,100 6,92 4,74 24,54 40+4c,38 50+10c,24-8a
        0.8 open, straight way up: 48,6+6a 24,0 8,16 22,38 44,62 42,90 20,100 2,86 12,62 58+8b,8-10c
        0.7 end crosses the top: 44,10 26,2 8,14 16,34 44,56 52,82 28,100 4,86 12,64 36,42 48,16 38-10a,0-8b
        0.7 open at the top like a gamma: 54+6a,2+8b 30,44 14+4c,78 22,98 36,86 34,60 18,24 2-4a,6+6c
        0.6 upper ring from the side: 8+6a,20 22,2 46,8 44,30 10,60 2,84 24,100 50,90 48,66 20,40 8+6b,20+8c
        0.5 two rings apart: 28,46-4a 6,32 10,6 34,0 50,18 28,46-4a | 28,48+4b 4,64 4,88 28,100 54,86 50,60 28,48+4b
        0.5 large head: 50+6a,14 26,0 2,18 10,44 44,58 48,84 26,100 10-4b,86 22,62 54,34-6c 54,16
    """,
    9: """
        1 tail far to the left: 46,14-4a 24,0 4,16 8,40 30,42 48,10* 46,60 34,88 6-8b,100 -20-16b,94-14c
        1 tail like a g: 46,14 26,0 4,14 6,38 28,44 48,10* 48,70+6a 34,98 8,98-4b 4-6b,84 20,74 50+14c,66-8a
        0.8 tail curls: 48,12 26,0 4,16 8,40 32,42 50,12 50,60 38,94 14,100 -2-6a,90-8b 4+8c,80
        0.7 open head: 44+8a,4 16,4 0,24 10,46 34,42-4b 50,14* 48-6c,100
        0.6 small head, straight: 36,10-4a 18,0 4,14 12,32 30,28 42,6* 40-10b,60 32-14c,100
        0.5 stem apart: 44,20-6a 24,0 2,18 8,42 30,44 46,28 | 48-4b,2+8a 46-8b,60 40-14c,100
    """,
}

_TERM = re.compile(r"([+-]?[0-9.]+)([a-z]?)")
# Fractional parts of multiples of these fill a cube evenly (Roberts' R sequence: powers of 1 /
# 1.2207, the root of x⁴ = x + 1).
_RATIOS = {letter: 1.2207440846057596 ** -(k + 1) for k, letter in enumerate("abc")}


def members(strokes: str, count: int = MEMBERS) -> list[str]:
    """Members of a family, spread evenly over its parameters, in the notation of
    `nn.strokes.shapes`.
    """
    return [_with_parameters(strokes, {name: (0.5 + k * ratio) % 1 for name, ratio in _RATIOS.items()}) for k in range(count)]


def _with_parameters(strokes: str, values: dict[str, float]) -> str:
    """The shape in which each parameter has the given value."""

    def number(text: str) -> str:
        return f"{sum(float(factor) * (values[name] if name else 1) for factor, name in _TERM.findall(text)):.2f}"

    words = []
    for word in strokes.split():
        if word == "|":
            words.append(word)
            continue
        point = ",".join(number(each) for each in word.rstrip("*").split(","))
        words.append(point + "*" * word.endswith("*"))
    return " ".join(words)
