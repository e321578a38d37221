# ruff: noqa: INP001 -- a script on its own, not a package
"""Draw the pictures of the announcements that ship with Tiedote: flat shapes, no text, the same bytes each time.

python tools/draw_pictures.py [FOLDER]        default: schedules/kuvat
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from PIL import Image, ImageDraw

FINER = 3
"""Everything is drawn this much larger and scaled down, which smooths the edges."""

SKY, CLOUD, WHITE, PAPER = "#dcebf3", "#f3f8fb", "#ffffff", "#fbf6ea"
NAVY, BLUE, PALE_BLUE = "#1f3b57", "#3a7ca5", "#a9cfe2"
GREEN, DARK_GREEN, PALE_GREEN = "#6a994e", "#386641", "#cfe0b8"
RED, ORANGE, YELLOW = "#bc4749", "#e08e45", "#f2cc6b"
WOOD, PALE_WOOD, GREY, PALE_GREY = "#a5714a", "#dcb389", "#8d99a6", "#d5dce2"
SKIN = ("#f1c9a5", "#d9a066", "#8d5a3b", "#f6d7bd")
HAIR = ("#4a3527", "#23201d", "#1b1512", "#c9a35b", "#7d7d7d")

Point = tuple[float, float]


class Canvas:
    """Shapes in the finished picture's pixels; an origin can be moved and a scale set for a part that comes again."""

    def __init__(self, width: int, height: int, background: str) -> None:
        self.size = (width, height)
        self._image = Image.new("RGB", (width * FINER, height * FINER), background)
        self._draw = ImageDraw.Draw(self._image)
        self._origin = (0.0, 0.0)
        self._scale = 1.0

    @contextmanager
    def at(self, x: float, y: float, scale: float = 1.0) -> Iterator[None]:
        """Draw the shapes of this block from another origin, larger or smaller."""
        before = self._origin, self._scale
        self._origin = (self._origin[0] + x * self._scale, self._origin[1] + y * self._scale)
        self._scale *= scale
        yield
        self._origin, self._scale = before

    def _point(self, x: float, y: float) -> Point:
        return (self._origin[0] + x * self._scale) * FINER, (self._origin[1] + y * self._scale) * FINER

    def _box(self, x: float, y: float, width: float, height: float) -> tuple[float, float, float, float]:
        return (*self._point(x, y), *self._point(x + width, y + height))

    def _thick(self, width: float) -> int:
        return max(1, round(width * self._scale * FINER))

    def box(self, x: float, y: float, width: float, height: float, fill: str, round_: float = 0) -> None:
        """Fill a rectangle, its corners rounded if asked."""
        radius = round_ * self._scale * FINER
        self._draw.rounded_rectangle(self._box(x, y, width, height), radius, fill)

    def frame(
        self, x: float, y: float, width: float, height: float, line: str, thick: float, round_: float = 0
    ) -> None:
        """Outline a rectangle."""
        radius = round_ * self._scale * FINER
        self._draw.rounded_rectangle(self._box(x, y, width, height), radius, outline=line, width=self._thick(thick))

    def disc(self, x: float, y: float, radius: float, fill: str) -> None:
        """Fill a circle around a point."""
        self._draw.ellipse(self._box(x - radius, y - radius, 2 * radius, 2 * radius), fill)

    def ring(self, x: float, y: float, radius: float, line: str, thick: float) -> None:
        """Outline a circle around a point."""
        box = self._box(x - radius, y - radius, 2 * radius, 2 * radius)
        self._draw.ellipse(box, outline=line, width=self._thick(thick))

    def oval(self, x: float, y: float, width: float, height: float, fill: str) -> None:
        """Fill an ellipse."""
        self._draw.ellipse(self._box(x, y, width, height), fill)

    def slice(self, x: float, y: float, radius: float, start: float, end: float, fill: str) -> None:
        """Fill a part of a circle, from one angle to another, clockwise from the right."""
        self._draw.pieslice(self._box(x - radius, y - radius, 2 * radius, 2 * radius), start, end, fill)

    def arc(self, x: float, y: float, radius: float, start: float, end: float, line: str, thick: float) -> None:
        """Draw a part of a circle's line."""
        box = self._box(x - radius, y - radius, 2 * radius, 2 * radius)
        self._draw.arc(box, start, end, line, self._thick(thick))

    def shape(self, points: Sequence[Point], fill: str) -> None:
        """Fill a polygon."""
        self._draw.polygon([self._point(*point) for point in points], fill)

    def line(self, points: Sequence[Point], line: str, thick: float) -> None:
        """Draw a line with round ends and corners."""
        places = [self._point(*point) for point in points]
        width = self._thick(thick)
        self._draw.line(places, line, width, joint="curve")
        for x, y in places:
            self._draw.ellipse((x - width / 2, y - width / 2, x + width / 2, y + width / 2), line)

    def save(self, path: Path) -> None:
        """Write the picture as a small PNG."""
        picture = self._image.resize(self.size, Image.Resampling.LANCZOS)
        picture.quantize(128, dither=Image.Dither.NONE).save(path, optimize=True)


def landscape(canvas: Canvas, horizon: float) -> None:
    """Draw sky, clouds, a forest's edge and a field."""
    width, height = canvas.size
    for x, y, size in ((0.12, 0.16, 1.0), (0.55, 0.1, 0.75), (0.86, 0.22, 0.9)):
        with canvas.at(width * x, height * y, size):
            canvas.disc(-45, 12, 30, CLOUD)
            canvas.disc(0, 0, 42, CLOUD)
            canvas.disc(48, 14, 28, CLOUD)
            canvas.box(-60, 12, 125, 30, CLOUD, 15)
    for n in range(-1, width // 70 + 2):
        tall = 105 + 35 * math.sin(n * 2.3)
        with canvas.at(n * 70, horizon):
            canvas.shape([(-48, 10), (0, -tall), (48, 10)], DARK_GREEN if n % 3 else GREEN)
    canvas.box(0, horizon, width, height - horizon, PALE_GREEN)
    canvas.oval(-width * 0.2, horizon + 60, width * 1.4, height, GREEN)


def laptop(canvas: Canvas, draw_screen: Callable[[], None]) -> None:
    """Draw an open laptop, 560 wide; its screen, 480 by 300, begins at (40, 30)."""
    canvas.box(15, 0, 530, 350, NAVY, 22)
    canvas.box(40, 25, 480, 300, WHITE, 6)
    with canvas.at(40, 25):
        draw_screen()
    canvas.shape([(15, 350), (545, 350), (600, 395), (-40, 395)], GREY)
    canvas.box(-40, 390, 640, 18, PALE_GREY, 9)
    canvas.box(215, 352, 130, 16, PALE_GREY, 8)


def person(canvas: Canvas, n: int, shirt: str) -> None:
    """Draw a head and shoulders, 200 wide, around (0, 0)."""
    if n % 2:
        canvas.box(-66, -55, 132, 130, HAIR[n % 5], 50)
    canvas.slice(0, 140, 100, 180, 360, shirt)
    canvas.box(-26, 20, 52, 46, SKIN[n % 4], 12)
    canvas.disc(0, -10, 55, SKIN[n % 4])
    canvas.slice(0, -20, 60, 180, 360, HAIR[n % 5])
    canvas.disc(-20, -2, 6, NAVY)
    canvas.disc(20, -2, 6, NAVY)
    canvas.arc(0, 8, 22, 25, 155, RED, 5)


def tick(canvas: Canvas, colour: str, ground: str, radius: float = 40) -> None:
    """Draw a tick on a disc around (0, 0)."""
    canvas.disc(0, 0, radius, ground)
    part = radius / 40
    canvas.line([(-18 * part, 2 * part), (-5 * part, 16 * part), (19 * part, -14 * part)], colour, 8 * part)


def building_permit() -> Canvas:
    """A half-built house, and in front of it its drawing on a laptop."""
    canvas = Canvas(1200, 900, SKY)
    landscape(canvas, 560)
    with canvas.at(140, 190):
        canvas.box(20, 180, 480, 260, PALE_WOOD)
        for x in range(20, 500, 60):
            canvas.box(x, 180, 6, 260, WOOD)
        canvas.shape([(-30, 185), (260, 0), (550, 185)], WOOD)
        canvas.shape([(40, 170), (260, 30), (480, 170)], PAPER)
        for x in (110, 185, 260, 335, 410):
            canvas.line([(x, 172), (x, 44 + abs(260 - x) * 0.64)], WOOD, 10)
        canvas.box(90, 250, 110, 100, PALE_BLUE)
        canvas.frame(90, 250, 110, 100, WHITE, 10)
        canvas.box(145, 250, 8, 100, WHITE)
        canvas.box(300, 260, 105, 180, NAVY)
        canvas.disc(385, 355, 7, YELLOW)
        for x in (-70, 560):
            canvas.line([(x, 60), (x, 440)], GREY, 9)
        for x in (-70, -20, 510, 560):
            canvas.line([(x, 60), (x, 440)], GREY, 7)
        for y in (120, 260, 380):
            canvas.line([(-80, y), (-10, y)], ORANGE, 12)
            canvas.line([(500, y), (570, y)], ORANGE, 12)
    with canvas.at(585, 450):
        laptop(canvas, lambda: house_drawing(canvas))
    with canvas.at(300, 780):
        canvas.slice(0, 0, 80, 180, 360, YELLOW)
        canvas.box(-100, -6, 200, 20, YELLOW, 10)
        canvas.box(-14, -84, 28, 80, ORANGE, 12)
    return canvas


def house_drawing(canvas: Canvas) -> None:
    """Draw a floor plan and an elevation, white on blue, with a tick."""
    canvas.box(0, 0, 480, 300, BLUE, 6)
    for x in range(30, 480, 30):
        canvas.line([(x, 2), (x, 297)], "#4788b1", 1.5)
    for y in range(30, 300, 30):
        canvas.line([(2, y), (477, y)], "#4788b1", 1.5)
    canvas.frame(40, 60, 200, 180, WHITE, 6)
    canvas.line([(43, 150), (130, 150)], WHITE, 5)
    canvas.line([(165, 150), (165, 237)], WHITE, 5)
    canvas.line([(165, 63), (165, 105)], WHITE, 5)
    canvas.arc(165, 150, 40, 180, 270, WHITE, 3)
    canvas.line([(290, 150), (360, 90), (430, 150)], WHITE, 6)
    canvas.frame(300, 150, 120, 90, WHITE, 6)
    canvas.frame(318, 172, 34, 34, WHITE, 4)
    canvas.frame(372, 180, 30, 60, WHITE, 4)
    with canvas.at(425, 52):
        tick(canvas, WHITE, GREEN, 34)


def day_care() -> Canvas:
    """A cloakroom: small coats on hooks, a bench, boots; a child's drawing on the wall."""
    canvas = Canvas(1200, 900, PAPER)
    canvas.box(0, 690, 1200, 210, PALE_WOOD)
    for x in range(-40, 1200, 170):
        canvas.line([(x + 60, 700), (x, 900)], WOOD, 3)
    canvas.box(0, 672, 1200, 20, WHITE)
    canvas.box(60, 250, 790, 34, WOOD, 8)
    coats = ((RED, YELLOW), (BLUE, PALE_BLUE), (GREEN, PALE_GREEN), (ORANGE, PAPER))
    for n, (coat_colour, trim) in enumerate(coats):
        with canvas.at(160 + n * 195, 268):
            coat(canvas, coat_colour, trim)
    canvas.box(60, 615, 790, 30, WOOD, 8)
    for x in (95, 790):
        canvas.box(x, 640, 26, 140, WOOD)
    for n, colour in enumerate((YELLOW, RED, BLUE, DARK_GREEN)):
        with canvas.at(130 + n * 195, 690):
            boots(canvas, colour)
    with canvas.at(900, 130):
        childs_drawing(canvas)
    with canvas.at(1010, 560):
        backpack(canvas)
    return canvas


def coat(canvas: Canvas, colour: str, trim: str) -> None:
    """Draw a coat on its hook, hanging from (0, 0)."""
    canvas.line([(0, -8), (0, 18)], GREY, 9)
    canvas.shape([(-30, 25), (-80, 60), (-88, 225), (-52, 228), (-46, 110)], colour)
    canvas.shape([(30, 25), (80, 60), (88, 225), (52, 228), (46, 110)], colour)
    canvas.box(-62, 30, 124, 260, colour, 26)
    canvas.slice(0, 36, 42, 0, 180, trim)
    canvas.line([(0, 80), (0, 284)], trim, 6)
    for y in (125, 175, 225):
        canvas.disc(15, y, 7, trim)
    canvas.box(-50, 200, 36, 44, trim, 8)
    canvas.box(-90, 215, 40, 20, trim, 8)
    canvas.box(50, 215, 40, 20, trim, 8)


def boots(canvas: Canvas, colour: str) -> None:
    """Draw a pair of rubber boots."""
    for x in (0, 62):
        canvas.box(x, 10, 38, 80, colour, 8)
        canvas.box(x, 62, 60, 34, colour, 16)
        canvas.box(x - 2, 90, 64, 10, NAVY, 5)
        canvas.box(x - 3, 8, 44, 14, WHITE, 6)


def childs_drawing(canvas: Canvas) -> None:
    """Draw a sheet with a sun, a house and a flower on it."""
    canvas.box(8, 10, 220, 270, PALE_GREY)
    canvas.box(0, 0, 220, 270, WHITE)
    canvas.disc(110, 8, 9, RED)
    canvas.slice(0, 20, 55, 0, 90, YELLOW)
    for angle in (10, 35, 60, 85):
        x, y = math.cos(math.radians(angle)), math.sin(math.radians(angle))
        canvas.line([(62 * x, 20 + 62 * y), (88 * x, 20 + 88 * y)], YELLOW, 6)
    canvas.box(95, 150, 90, 80, RED)
    canvas.shape([(85, 152), (140, 100), (195, 152)], BLUE)
    canvas.box(128, 185, 26, 45, PAPER)
    canvas.line([(50, 232), (50, 180)], GREEN, 6)
    for angle in range(0, 360, 60):
        canvas.disc(50 + 15 * math.cos(math.radians(angle)), 172 + 15 * math.sin(math.radians(angle)), 10, ORANGE)
    canvas.disc(50, 172, 9, YELLOW)
    canvas.box(15, 230, 190, 10, GREEN, 5)


def backpack(canvas: Canvas) -> None:
    """Draw a small backpack with a reflector."""
    canvas.ring(0, -70, 30, BLUE, 12)
    canvas.box(-90, -60, 180, 210, BLUE, 55)
    canvas.box(-66, 40, 132, 90, PALE_BLUE, 20)
    canvas.box(-66, 66, 132, 10, NAVY)
    canvas.line([(62, -10), (80, 40)], GREY, 4)
    canvas.disc(82, 58, 20, YELLOW)


def remote_meeting() -> Canvas:
    """A council hall: people at a curved table, and on the wall a screen with those who take part from afar."""
    canvas = Canvas(1200, 1200, "#e9e2d3")
    canvas.box(0, 880, 1200, 320, "#c9b79c")
    for x in (40, 1070):
        canvas.box(x, 90, 90, 800, "#ddd3be")
    canvas.box(180, 90, 840, 500, NAVY, 26)
    canvas.box(205, 115, 790, 450, WHITE, 8)
    grounds, shirts = (
        (PALE_BLUE, PALE_GREEN, PAPER, SKY, YELLOW, PALE_GREY),
        (RED, NAVY, GREEN, ORANGE, BLUE, DARK_GREEN),
    )
    for n in range(6):
        left, top = 220 + (n % 3) * 258, 130 + (n // 3) * 215
        canvas.box(left, top, 244, 205, grounds[n], 14)
        with canvas.at(left + 122, top + 85, 0.85):
            person(canvas, n + 1, shirts[n])
        canvas.box(left, top + 203, 244, 12, WHITE)
    with canvas.at(935, 170):
        canvas.disc(0, 0, 24, GREEN)
        canvas.box(-7, -14, 14, 20, WHITE, 7)
        canvas.arc(0, -1, 12, 10, 170, WHITE, 3)
        canvas.line([(0, 11), (0, 15)], WHITE, 3)
    for n, x in enumerate((170, 385, 600, 815, 1030)):
        with canvas.at(x, 770 + 22 * abs(n - 2), 0.95):
            person(canvas, n + 2, (BLUE, DARK_GREEN, RED, NAVY, ORANGE)[n])
    canvas.oval(-140, 850, 1480, 620, WOOD)
    canvas.oval(-100, 910, 1400, 620, "#b98359")
    for x, y in ((165, 950), (380, 912), (590, 905), (805, 912), (1010, 950)):
        canvas.box(x - 45, y, 95, 62, WHITE, 4)
        canvas.box(x - 30, y + 16, 64, 6, PALE_GREY, 3)
        canvas.box(x - 30, y + 30, 48, 6, PALE_GREY, 3)
    with canvas.at(600, 1040):
        canvas.box(-12, -10, 24, 70, GREY, 8)
        canvas.oval(-60, 48, 120, 34, GREY)
        canvas.box(-22, -64, 44, 76, NAVY, 22)
    return canvas


def joining_guide() -> Canvas:
    """Three steps from top to bottom: open the address, choose the camera and microphone, take part."""
    canvas = Canvas(1080, 1350, SKY)
    steps = (open_the_address, choose_the_devices, take_part)
    for n, step in enumerate(steps):
        with canvas.at(60, 50 + n * 435):
            canvas.box(0, 0, 960, 380, WHITE, 36)
            canvas.disc(110, 190, 62, (BLUE, ORANGE, GREEN)[n])
            for dot in range(n + 1):
                canvas.disc(110 + (dot - n / 2) * 34, 190, 12, WHITE)
            with canvas.at(260, 40):
                step(canvas)
        if n < 2:
            with canvas.at(540, 455 + n * 435):
                canvas.shape([(-40, -12), (40, -12), (0, 30)], NAVY)
    return canvas


def open_the_address(canvas: Canvas) -> None:
    """Draw a browser window with a pointer on a button."""
    canvas.box(0, 0, 620, 300, PALE_GREY, 20)
    canvas.box(12, 60, 596, 228, WHITE, 8)
    for n, colour in enumerate((RED, YELLOW, GREEN)):
        canvas.disc(36 + n * 34, 30, 11, colour)
    canvas.box(150, 14, 440, 32, WHITE, 16)
    canvas.box(172, 25, 220, 10, PALE_BLUE, 5)
    for y, width in ((90, 300), (120, 380), (150, 250)):
        canvas.box(48, y, width, 14, PALE_GREY, 7)
    canvas.box(48, 196, 240, 62, BLUE, 31)
    canvas.box(98, 220, 140, 14, WHITE, 7)
    canvas.shape([(255, 215), (255, 300), (277, 281), (293, 315), (312, 306), (296, 274), (325, 272)], NAVY)


def choose_the_devices(canvas: Canvas) -> None:
    """Draw a camera and a microphone, each with a switch that is on."""
    for n, (icon, colour) in enumerate(((camera, BLUE), (microphone, RED))):
        with canvas.at(n * 330, 0):
            canvas.box(0, 0, 290, 300, PAPER, 28)
            with canvas.at(145, 110):
                icon(canvas, colour)
            canvas.box(85, 225, 120, 50, GREEN, 25)
            canvas.disc(180, 250, 19, WHITE)


def camera(canvas: Canvas, colour: str) -> None:
    """Draw a video camera around (0, 0)."""
    canvas.box(-85, -50, 120, 100, colour, 20)
    canvas.shape([(40, -12), (88, -46), (88, 46), (40, 12)], colour)
    canvas.disc(-25, 0, 26, WHITE)


def microphone(canvas: Canvas, colour: str) -> None:
    """Draw a microphone around (0, 0)."""
    canvas.box(-30, -75, 60, 105, colour, 30)
    canvas.arc(0, -5, 52, 0, 180, NAVY, 10)
    canvas.line([(0, 47), (0, 78)], NAVY, 10)
    canvas.line([(-32, 80), (32, 80)], NAVY, 10)


def take_part(canvas: Canvas) -> None:
    """Draw somebody at a laptop who speaks: a speech bubble comes out of the screen."""
    canvas.box(0, 20, 330, 225, NAVY, 18)
    canvas.box(16, 36, 298, 190, PALE_BLUE, 6)
    with canvas.at(165, 108, 0.82):
        person(canvas, 1, RED)
    canvas.box(16, 222, 298, 8, NAVY)
    canvas.box(-30, 245, 390, 34, GREY, 12)
    canvas.box(390, 10, 230, 150, GREEN, 34)
    canvas.shape([(410, 130), (350, 190), (480, 150)], GREEN)
    for n in range(3):
        canvas.disc(448 + n * 57, 85, 17, WHITE)


def forms() -> Canvas:
    """A phone with a form on it; round about what it is for: a water meter, a key, a speech bubble."""
    canvas = Canvas(1600, 900, PALE_BLUE)
    canvas.oval(-200, 620, 2000, 700, BLUE)
    with canvas.at(590, 60):
        canvas.box(0, 0, 420, 790, NAVY, 56)
        canvas.box(22, 26, 376, 738, WHITE, 36)
        canvas.box(150, 40, 120, 18, NAVY, 9)
        canvas.box(60, 100, 220, 24, BLUE, 12)
        for y in (170, 290, 410):
            canvas.box(60, y, 130, 14, GREY, 7)
            canvas.frame(60, y + 28, 300, 56, GREY, 4, 12)
        canvas.box(80, 221, 170, 14, NAVY, 7)
        canvas.box(80, 341, 230, 14, NAVY, 7)
        canvas.line([(84, 452), (84, 480)], BLUE, 4)
        for y, on in ((540, True), (590, False)):
            canvas.frame(60, y, 34, 34, GREY, 4, 8)
            canvas.box(112, y + 10, 190, 14, PALE_GREY, 7)
            if on:
                canvas.line([(68, y + 17), (75, y + 25), (88, y + 9)], GREEN, 6)
        canvas.box(60, 665, 300, 66, GREEN, 33)
        canvas.box(150, 691, 120, 14, WHITE, 7)
    with canvas.at(300, 330):
        water_meter(canvas)
    with canvas.at(1290, 290):
        key(canvas)
    with canvas.at(1290, 600):
        canvas.box(-170, -90, 340, 190, WHITE, 44)
        canvas.shape([(-120, 80), (-165, 165), (-20, 95)], WHITE)
        heart(canvas)
    return canvas


def water_meter(canvas: Canvas) -> None:
    """Draw a water meter with its counter, a pipe and a drop."""
    canvas.box(-290, 30, 580, 60, GREY, 12)
    canvas.disc(0, 0, 175, NAVY)
    canvas.disc(0, 0, 148, WHITE)
    canvas.box(-105, -62, 210, 62, NAVY, 8)
    for n in range(5):
        canvas.box(-97 + n * 40, -54, 34, 46, WHITE if n < 4 else RED, 4)
        canvas.box(-87 + n * 40, -35, 14, 8, NAVY if n < 4 else WHITE, 4)
    canvas.ring(0, 75, 44, GREY, 6)
    canvas.line([(0, 75), (22, 50)], RED, 7)
    with canvas.at(0, 260):
        canvas.shape([(0, -70), (40, 0), (-40, 0)], SKY)
        canvas.disc(0, 12, 44, SKY)


def key(canvas: Canvas) -> None:
    """Draw a key with a tag, around (0, 0)."""
    canvas.disc(0, 0, 150, SKY)
    canvas.ring(-55, 0, 52, ORANGE, 22)
    canvas.line([(0, 0), (110, 0)], ORANGE, 22)
    canvas.line([(75, 0), (75, 36)], ORANGE, 20)
    canvas.line([(108, 0), (108, 30)], ORANGE, 20)


def heart(canvas: Canvas) -> None:
    """Draw a heart and two lines of writing."""
    canvas.disc(-92, -8, 26, RED)
    canvas.disc(-48, -8, 26, RED)
    canvas.shape([(-115, 5), (-25, 5), (-70, 54)], RED)
    canvas.box(0, -25, 125, 18, PALE_GREY, 9)
    canvas.box(0, 15, 85, 18, PALE_GREY, 9)


PICTURES: dict[str, Callable[[], Canvas]] = {
    "rakentamislupa.png": building_permit,
    "varhaiskasvatus.png": day_care,
    "etakokous.png": remote_meeting,
    "liittymisohje.png": joining_guide,
    "lomakkeet.png": forms,
}


def main() -> None:
    """Draw them all."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parents[1] / "schedules" / "kuvat"
    folder.mkdir(parents=True, exist_ok=True)
    for name, picture in PICTURES.items():
        picture().save(folder / name)


if __name__ == "__main__":
    main()
