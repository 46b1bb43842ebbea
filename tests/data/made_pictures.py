"""Picture files of every format, mode, depth, size and damage, each with what an independent reading makes of it."""

from __future__ import annotations

import io
import random
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from PIL import Image

SIDE = 8


@dataclass(frozen=True)
class Made:
    """A file among whole pictures of bytes.

    `pixels` are what it must become, uint8 (height, width, 3); None where it is left out with a note that has `says`,
    or where with `refused` the whole folder is refused with a sentence that has it.
    """

    name: str
    data: bytes
    pixels: np.ndarray | None
    says: str = ""
    refused: bool = False
    several: tuple[str, bytes] | None = None  # another file beside it


def made_pictures() -> list[Made]:
    """All of them; the same ones at each call."""
    return [made for make in (_modes, _numbers, _turned, _sizes, _damaged, _named, _odd) for made in make()]


def saved(picture: Image.Image, suffix: str, **how: object) -> bytes:
    stream = io.BytesIO()
    picture.save(stream, {"jpg": "JPEG", "tif": "TIFF", "pgm": "PPM"}.get(suffix, suffix.upper()), **how)
    return stream.getvalue()


def pillows(data: bytes) -> np.ndarray:
    """What Pillow makes of a file that is not turned."""
    return np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))


def gray(values: np.ndarray) -> np.ndarray:
    """Numbers 0 to 255 as colours."""
    return np.repeat(values.astype(np.uint8).reshape(*values.shape[:2], 1), 3, 2)


def _colours(height: int = SIDE, width: int = SIDE) -> np.ndarray:
    rows, columns = np.mgrid[:height, :width]
    return np.stack([rows * 5, columns * 29, (rows * columns + 90) % 256], -1).astype(np.uint8)


def png(values: np.ndarray, kind: int) -> bytes:
    """A PNG by hand: 16 bits (height, width, channels) of colour type `kind`, which Pillow does not write."""
    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    height, width = values.shape[:2]
    lines = b"".join(b"\0" + row.astype(">u2").tobytes() for row in values)
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 16, kind, 0, 0, 0))
            + chunk(b"IDAT", zlib.compress(lines)) + chunk(b"IEND", b""))


def _modes() -> Iterator[Made]:
    pixels = _colours()
    rgb = Image.fromarray(pixels)
    rgba = Image.fromarray(np.dstack([pixels, np.full((SIDE, SIDE), 77, np.uint8)]))
    for suffix, modes in (("png", "1 L LA P RGB RGBA"), ("jpg", "L RGB CMYK YCbCr"), ("bmp", "1 L P RGB RGBA"),
                          ("tif", "1 L LA P RGB RGBA CMYK YCbCr"), ("gif", "1 L P RGB"), ("webp", "L RGB RGBA"),
                          ("ppm", "RGB"), ("pgm", "L")):
        for mode in modes.split():
            source = rgba if "A" in mode else rgb
            picture = source.convert("L").convert("LA") if mode == "LA" else source.convert(mode)
            data = saved(picture, suffix, **({"lossless": True} if suffix == "webp" else {}))
            exact = mode in ("RGB", "RGBA") and suffix not in ("jpg", "gif")
            yield Made(f"mode {mode}.{suffix}", data, pixels if exact else pillows(data),
                       "transparent" if mode == "RGBA" and suffix not in ("bmp",) else "")
    for how in ("tiff_lzw", "tiff_adobe_deflate", "packbits", "jpeg"):
        data = saved(rgb, "tif", compression=how)
        yield Made(f"{how}.tif", data, pillows(data) if how == "jpeg" else pixels)
    for name, how in (("progressive", {"progressive": True}), ("best", {"quality": 100, "subsampling": 0})):
        data = saved(rgb, "jpg", **how)
        yield Made(f"{name}.jpg", data, pillows(data))
    palette = rgb.convert("P", palette=Image.Palette.ADAPTIVE, colors=8)
    yield Made("palette.png", saved(palette, "png", transparency=3), pillows(saved(palette, "png")), "transparent")
    yield Made("palette.gif", saved(palette, "gif", transparency=3), pillows(saved(palette, "gif")),
               "transparent")
    yield Made("interlaced.gif", saved(palette, "gif", interlace=1), pillows(saved(palette, "gif")))
    for kind, channels in ((2, 3), (6, 4)):
        wide = np.random.default_rng(kind).integers(0, 2**16, (SIDE, SIDE, channels))
        yield Made(f"16 bits {channels} channels.png", png(wide, kind), (wide[..., :3] >> 8).astype(np.uint8))


def _numbers() -> Iterator[Made]:
    steps = np.arange(64).reshape(SIDE, SIDE)
    sixteen = (steps * 1040).astype(np.uint16)
    high = gray(sixteen >> 8)
    yield Made("16.png", saved(Image.fromarray(sixteen), "png"), high)
    yield Made("16.tif", saved(Image.fromarray(sixteen), "tif"), high)
    yield Made("16 lzw.tif", saved(Image.fromarray(sixteen), "tif", compression="tiff_lzw"), high)
    yield Made("16.pgm", b"P5 8 8 65535\n" + sixteen.astype(">u2").tobytes(), high)
    yield Made("16 colours.ppm", b"P6 8 8 65535\n" + np.repeat(sixteen[..., None], 3, 2).astype(">u2").tobytes(),
               pillows(b"P6 8 8 65535\n" + np.repeat(sixteen[..., None], 3, 2).astype(">u2").tobytes()))
    yield Made("text.pgm", ("P2 8 8 255\n" + " ".join(map(str, (steps * 4).ravel()))).encode(), gray(steps * 4))
    yield Made("dark.png", saved(Image.fromarray((steps * 64).astype(np.uint16)), "png"), gray(steps // 4), "are dark")
    for name, values, pixels in (
            ("unit", steps / 63, np.rint(np.float32(steps / 63) * 255)), ("black", steps * 0.0, steps * 0),
            ("half", steps / 128, np.rint(steps / 128 * 255)), ("bytes", steps * 4.0, steps * 4),
            ("fractions", steps * 4 + 0.7, steps * 4)):
        yield Made(f"{name}.tif", saved(Image.fromarray(values.astype(np.float32)), "tif"), gray(pixels),
                   "1 is white" if name in ("unit", "half") else "")
    for name, values in (("negative", steps - 1.0), ("beyond", steps * 5.0), ("signed", steps / 32 - 1)):
        data = saved(Image.fromarray(values.astype(np.float32)), "tif")
        yield Made(f"{name}.tif", data, None, "its numbers are", True)
    for number in (np.nan, np.inf, -np.inf):
        values = np.where(steps == 5, number, steps).astype(np.float32)
        yield Made(f"{number}.tif", saved(Image.fromarray(values), "tif"), None, "not all finite", True)
    for name, values, pixels in (("bytes", steps * 4, steps * 4), ("all", steps * 2**25, steps * 4)):
        yield Made(f"32 {name}.tif", saved(Image.fromarray(values.astype(np.int32)), "tif"), gray(pixels))
    for name, values in (("12 bits", steps * 65), ("negative", steps - 9)):
        data = saved(Image.fromarray(values.astype(np.int32)), "tif")
        yield Made(f"32 {name}.tif", data, None, "its numbers are", True)
    both = [saved(Image.fromarray(values.astype(np.float32)), "tif") for values in (steps / 63, steps * 4.0)]
    yield Made("either.tif", both[0], None, "floats from 0 to 1 in every picture", True, ("other.tif", both[1]))


def _turned() -> Iterator[Made]:
    pixels = _colours()
    upright = {0: lambda a: a, 1: lambda a: a, 2: np.fliplr, 3: lambda a: np.rot90(a, 2), 4: np.flipud,
               5: lambda a: a.transpose(1, 0, 2), 6: lambda a: np.rot90(a, -1),
               7: lambda a: np.rot90(a, 2).transpose(1, 0, 2), 8: np.rot90, 9: lambda a: a}
    for suffix in ("jpg", "png", "webp", "tif"):
        for orientation in range(10):
            exif = Image.Exif()
            exif[0x0112] = orientation
            how = {"lossless": True} if suffix == "webp" else {}
            data = saved(Image.fromarray(pixels), suffix, exif=exif, **how)
            stored = pillows(saved(Image.fromarray(pixels), suffix, **how))
            yield Made(f"turned {orientation}.{suffix}", data, upright[orientation](stored),
                       "EXIF" if 2 <= orientation <= 8 and suffix != "tif" else "")
    exif = b"Exif\0\0MM\0*\0\0\0\x08\0\xff"  # a table of 255 entries that is not there
    data = saved(Image.fromarray(pixels), "jpg", exif=exif)
    yield Made("broken exif.jpg", data, pillows(data))


def _sizes() -> Iterator[Made]:
    for height, width in ((1, 1), (1, 60), (60, 1), (3, 500), (700, 900)):
        pixels = _colours(height, width)
        expected = np.asarray(Image.fromarray(pixels).resize((SIDE, SIDE), Image.Resampling.BILINEAR))
        yield Made(f"{height} x {width}.png", saved(Image.fromarray(pixels), "png"), expected)


def _damaged() -> Iterator[Made]:
    pixels = np.random.default_rng(3).integers(0, 256, (SIDE, SIDE, 3), np.uint8)
    formats = ("png", "jpg", "tif", "bmp", "gif", "webp", "ppm")
    whole = {suffix: saved(Image.fromarray(pixels), suffix) for suffix in formats}
    for suffix, data in whole.items():
        for part in (0, 1, 20, len(data) // 2):
            yield _as_pillow(f"cut {part}.{suffix}", data[:part])
        draw = random.Random(suffix)
        for flip in range(4):
            place = draw.randrange(len(data) // 2)
            changed = bytearray(data)
            changed[place] ^= 1 << draw.randrange(8)
            yield _as_pillow(f"flip {flip}.{suffix}", bytes(changed))
        yield _as_pillow(f"more.{suffix}", data + b"\0more")
    for name, data in (("text.png", b"not a picture"), ("page.jpg", b"<!DOCTYPE html><html></html>"),
                       ("zip.png", b"PK\3\4" * 9), ("script.gif", b"#!/bin/sh\nexit 1\n"), ("zeros.png", bytes(500)),
                       ("program.png", b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 8 8\n%%EndComments\nshowpage\n")):
        yield Made(name, data, None, "not recognised")
    header = bytearray(whole["png"])
    header[16:24] = struct.pack(">II", 60000, 60000)
    header[29:33] = struct.pack(">I", zlib.crc32(bytes(header[12:29])))
    yield Made("bomb.png", bytes(header), None, "pixels")


def _as_pillow(name: str, data: bytes) -> Made:
    """A damaged file: left out where Pillow raises, else what it reads."""
    try:
        with Image.open(io.BytesIO(data)) as picture:
            pixels = np.asarray(picture.convert("RGB").resize((SIDE, SIDE), Image.Resampling.BILINEAR))
        return Made(name, data, pixels)
    except Exception:  # whatever it is
        return Made(name, data, None, "unreadable")


def _named() -> Iterator[Made]:
    pixels = _colours()
    data = saved(Image.fromarray(pixels), "png")
    for name in ("katze-ß", "猫", "имя", "قطة", "🐈", "a b  c", "line\nfeed", "=1+1", "-rf", "x" * 200, "e\u0301",
                 "tab\t", "\x1b[31mred", "quote\"'", "comma,semi;", "%s{}$HOME", "\udcff\udcfe", "con", "a.jpg"):
        yield Made(f"{name}.png", data, pixels)
    yield Made("CAPITALS.PNG", data, pixels)
    yield Made("wrong ending.jpg", data, pixels)
    yield Made("a JPEG.png", saved(Image.fromarray(pixels), "jpg"), pillows(saved(Image.fromarray(pixels), "jpg")))


def _odd() -> Iterator[Made]:
    first, second = _colours(), 255 - _colours()
    frames = [Image.fromarray(pixels) for pixels in (first, second)]
    for suffix in ("gif", "png", "webp", "tif"):
        data = saved(frames[0], suffix, save_all=True, append_images=frames[1:],
                     **({"lossless": True} if suffix == "webp" else {}))
        yield Made(f"several.{suffix}", data, pillows(data) if suffix == "gif" else first, "hold several pictures")
    data = saved(Image.fromarray(first).convert("RGB"), "jpg", comment=b"x" * 60000)
    yield Made("comment.jpg", data, pillows(data))
    if "AVIF" in Image.registered_extensions().values():
        data = saved(frames[0], "avif")
        yield Made("really avif.jpg", data, pillows(data))
