"""
The test pictures: two small sets to measure, one picture of every file format, and a folder of odd files.

Makes     ../pictures/generated/, ../pictures/reference/: ten pictures each, PNG and JPEG of various sizes and kinds; what
          `eval` is compared with pytorch-fid on
          ../pictures/formats/: the other formats, and kinds of pixels that the twenty do not have
          ../pictures/odd/: what a folder of a person's may also hold: broken, misnamed, animated, tiny, huge, empty
Reference pillow 13.0.0 (its encoders decide the bytes), numpy 2.4.6
Run       python tests/parity/make_test_pictures.py

Everything is drawn with a seed: a gradient, some discs and bars over it, and a little noise. The pictures of `generated`
are noisier and less colourful than those of `reference`, so that the two sets differ.
`make_decoding.py` records what Pillow reads out of them.
"""

import shutil
import struct
import zlib
from pathlib import Path

import numpy as np
from PIL import Image, ImageCms

PICTURES = Path(__file__).resolve().parents[1] / "pictures"


def scene(seed: int, width: int, height: int, noise: float = 6, colour: float = 1) -> np.ndarray:
    """[H,W,3] uint8: `noise` is a standard deviation in levels, `colour` 0..1 how far channels go apart."""
    random = np.random.RandomState(seed)
    y, x = np.mgrid[0:height, 0:width] / max(width, height)
    picture = np.zeros((height, width, 3))
    for channel in range(3):
        angle, start = random.uniform(0, 2 * np.pi), random.uniform(60, 200)
        picture[..., channel] = start + 90 * (np.cos(angle) * x + np.sin(angle) * y)
    for _ in range(random.randint(3, 7)):
        cx, cy, radius = random.uniform(0, 1), random.uniform(0, 1), random.uniform(0.06, 0.3)
        inside = (x - cx) ** 2 + (y - cy) ** 2 < radius**2 if random.rand() < 0.6 else abs(x - cx) < radius / 4
        picture[inside] = random.uniform(0, 255, 3)
    gray = picture.mean(axis=2, keepdims=True)
    picture = gray + colour * (picture - gray) + random.normal(0, noise, picture.shape)
    return picture.clip(0, 255).round().astype(np.uint8)


def drawn(seed, width, height, **look) -> Image.Image:
    return Image.fromarray(scene(seed, width, height, **look))


def alpha(width: int, height: int) -> np.ndarray:
    """A soft disc: opaque in the middle, clear in the corners."""
    y, x = np.mgrid[0:height, 0:width]
    distance = np.hypot((x - width / 2) / width, (y - height / 2) / height)
    return (255 * (1.4 - 2.4 * distance)).clip(0, 255).round().astype(np.uint8)


def with_alpha(rgb: np.ndarray) -> np.ndarray:
    return np.dstack([rgb, alpha(rgb.shape[1], rgb.shape[0])])


# ------------------------------------------------------------------------------------------ a PNG of one's own ----


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png(width: int, height: int, depth: int, kind: int, rows: bytes, interlaced=False, more=b"") -> bytes:
    """Kinds and depths that Pillow does not write; `rows` are filtered rows, each after its filter's number."""
    header = struct.pack(">IIBBBBB", width, height, depth, kind, 0, 0, int(interlaced))
    data = chunk(b"IDAT", zlib.compress(rows, 9))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + more + data + chunk(b"IEND", b"")


def unfiltered(pixels: np.ndarray) -> bytes:
    return b"".join(b"\0" + row.tobytes() for row in pixels)


def png16(levels: np.ndarray) -> bytes:
    """[H,W,C] of 16-bit levels."""
    kind = {1: 0, 2: 4, 3: 2, 4: 6}[levels.shape[2]]
    return png(levels.shape[1], levels.shape[0], 16, kind, unfiltered(levels.astype(">u2")))


def interlaced_png(rgb: np.ndarray) -> bytes:
    """The seven passes of Adam7."""
    passes = [(0, 0, 8, 8), (0, 4, 8, 8), (4, 0, 8, 4), (0, 2, 4, 4), (2, 0, 4, 2), (0, 1, 2, 2), (1, 0, 2, 1)]
    rows = b"".join(unfiltered(part) for y, x, dy, dx in passes if (part := rgb[y::dy, x::dx]).size)
    return png(rgb.shape[1], rgb.shape[0], 8, 2, rows, interlaced=True)


def levels16(seed: int, width: int, height: int) -> np.ndarray:
    """[H,W,3] of 16 bits whose low byte is not the high one again."""
    low = np.random.RandomState(seed).randint(0, 256, (height, width, 3)).astype(np.uint16)
    return scene(seed, width, height).astype(np.uint16) * 256 + low


# --------------------------------------------------------------------------------------------------- the sets ----


def generated(folder: Path):
    look = {"noise": 14, "colour": 0.6}
    drawn(1, 64, 64, **look).save(folder / "01-rgb.png")
    drawn(2, 96, 72, **look).save(folder / "02-wide.png")
    drawn(3, 128, 128, **look).save(folder / "03-420.jpg", quality=90)
    drawn(4, 100, 75, **look).save(folder / "04-444.jpg", quality=92, subsampling=0)
    drawn(5, 48, 48, **look).convert("L").save(folder / "05-gray.png")
    Image.fromarray(with_alpha(scene(6, 64, 64, **look))).save(folder / "06-alpha.png")
    drawn(7, 80, 60, **look).quantize(64).save(folder / "07-palette.png")
    (folder / "08-rgb16.png").write_bytes(png16(levels16(8, 40, 56)))
    drawn(9, 33, 47, **look).save(folder / "09-odd-sides.jpeg", quality=75)
    drawn(10, 160, 120, **look).save(folder / "10-progressive.jpg", quality=85, progressive=True)


def reference(folder: Path):
    drawn(101, 72, 72).save(folder / "01-rgb.png")
    # Pillow writes CMYK as Adobe's programs do: with their mark, and inverted.
    drawn(102, 80, 64).convert("CMYK").save(folder / "02-cmyk.jpg", quality=90)
    turned = Image.Exif()
    turned[0x0112] = 6  # to be shown turned by a quarter
    drawn(103, 96, 54).save(folder / "03-turned.jpg", quality=90, exif=turned)
    gray_alpha = np.dstack([np.asarray(drawn(104, 60, 60).convert("L")), alpha(60, 60)])
    Image.fromarray(gray_alpha).save(folder / "04-gray-alpha.png")
    clear = drawn(105, 64, 48).quantize(32)
    clear.save(folder / "05-palette-transparent.png", transparency=bytes([0, 60, 120, 255]))
    drawn(106, 70, 90).convert("1").save(folder / "06-one-bit.png")
    (folder / "07-interlaced.png").write_bytes(interlaced_png(scene(107, 61, 67)))
    drawn(108, 24, 24).save(folder / "08-small.png")
    drawn(109, 97, 61).convert("L").save(folder / "09-gray.jpg", quality=80)
    drawn(110, 157, 131).save(folder / "10-422.jpg", quality=85, subsampling=1)


def formats(folder: Path):
    small = drawn(201, 45, 37)
    small.save(folder / "rgb.bmp")
    small.quantize(16).save(folder / "palette.bmp")
    small.convert("1").save(folder / "one-bit.bmp")
    small.save(folder / "rgb.ppm")
    small.convert("L").save(folder / "gray.pgm")
    small.save(folder / "lossless.webp", lossless=True)
    small.save(folder / "lossy.webp", quality=80)
    Image.fromarray(with_alpha(scene(202, 45, 37))).save(folder / "alpha.webp", quality=80)
    small.save(folder / "plain.tif")
    small.save(folder / "lzw.tiff", compression="tiff_lzw")
    small.convert("CMYK").save(folder / "cmyk.tif")
    Image.fromarray(with_alpha(scene(203, 45, 37))).save(folder / "alpha.tif", compression="tiff_adobe_deflate")
    gray16 = levels16(204, 45, 37)[..., :1]
    Image.fromarray(gray16[..., 0]).save(folder / "gray16.tif")
    gray16[:, :22] >>= 7  # half of it between 0 and 511: Pillow keeps levels below 256 and makes the others white
    (folder / "gray16.png").write_bytes(png16(gray16))
    (folder / "gray-alpha16.png").write_bytes(png16(levels16(205, 45, 37)[..., :2]))
    (folder / "rgba16.png").write_bytes(png16(np.dstack([levels16(206, 45, 37), levels16(207, 45, 37)[..., :1]])))
    small.quantize(4).save(folder / "palette-2-bits.png", bits=2)
    small.save(folder / "colour-key.png", transparency=tuple(int(v) for v in np.asarray(small)[0, 0]))
    # A profile and a gamma that change every colour where they are followed, which a measure must not do.
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    red_is_green = profile.replace(b"rXYZ", b"????").replace(b"gXYZ", b"rXYZ").replace(b"????", b"gXYZ")
    red_is_green = red_is_green.replace("sRGB".encode("utf-16-be"), "sGRB".encode("utf-16-be"))
    small.save(folder / "profile.png", icc_profile=red_is_green)
    small.save(folder / "profile.jpg", quality=90, icc_profile=red_is_green)
    gamma = chunk(b"gAMA", struct.pack(">I", 100_000))
    pixels = np.asarray(small)
    (folder / "gamma.png").write_bytes(png(45, 37, 8, 2, unfiltered(pixels), more=gamma))
    # 4:4:0 is what a turned 4:2:2 becomes. Told of that in its header, the blocks of one come out in another order.
    drawn(209, 64, 64).save(folder / "440.jpg", quality=70, subsampling=1)
    wide = (folder / "440.jpg").read_bytes()
    assert wide.count(b"\x01\x21\x00\x02\x11\x01") == 1
    (folder / "440.jpg").write_bytes(wide.replace(b"\x01\x21\x00\x02\x11\x01", b"\x01\x12\x00\x02\x11\x01"))
    drawn(210, 51, 42).save(folder / "rgb-inside.jpg", quality=90, keep_rgb=True)
    drawn(211, 150, 100, noise=2).save(folder / "quality-10.jpg", quality=10)


def odd(folder: Path):
    good = drawn(301, 40, 30)
    good.save(folder / "good.png")
    shutil.copyfile(folder / "good.png", folder / "good again.png")
    shutil.copyfile(folder / "good.png", folder / "misnamed.jpg")
    good.save(folder / "GIF.png", format="GIF")
    Image.fromarray(scene(302, 1, 1)).save(folder / "1x1.png")
    frames = [drawn(310 + i, 32, 24, noise=0) for i in range(12)]
    frames[0].save(folder / "animated.webp", save_all=True, append_images=frames[1:], quality=50, duration=80)
    frames[0].save(folder / "animated.png", save_all=True, append_images=frames[1:3], duration=80)
    frames[0].save(folder / "pages.tif", save_all=True, append_images=frames[1:3], compression="tiff_adobe_deflate")
    whole = (folder / "good.png").read_bytes()
    (folder / "truncated.png").write_bytes(whole[: len(whole) * 2 // 3])
    wrong = bytearray(whole)
    wrong[len(whole) // 2] ^= 0x55
    (folder / "corrupt.png").write_bytes(wrong)
    drawn(303, 60, 60).save(folder / "truncated.jpg", quality=90)
    photo = (folder / "truncated.jpg").read_bytes()
    (folder / "truncated.jpg").write_bytes(photo[: len(photo) // 2])
    (folder / "text.png").write_text("These are notes, not a picture.\n", encoding="utf-8")
    (folder / "page.jpg").write_text("<!doctype html>\n<title>Not found</title>\n", encoding="utf-8")
    (folder / "drawing.png").write_text('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>\n')
    (folder / "empty.png").write_bytes(b"")
    (folder / "notes.txt").write_text("A folder of pictures with other things in it.\n", encoding="utf-8")
    # One bit a pixel, all of one level: small as a file, 400 million pixels once it is read.
    huge = zlib.compressobj(9)
    row = b"\0" + bytes(2500)
    data = b"".join(huge.compress(row * 100) for _ in range(200)) + huge.flush()
    header = struct.pack(">IIBBBBB", 20_000, 20_000, 1, 0, 0, 0, 0)
    (folder / "20000x20000.png").write_bytes(
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", data) + chunk(b"IEND", b""))
    strip = np.zeros((2, 20_000), np.uint8)
    strip[:, ::3] = 255
    Image.fromarray(strip).convert("1").save(folder / "20000x2.png", optimize=True)


if __name__ == "__main__":
    for make in (generated, reference, formats, odd):
        folder = PICTURES / make.__name__
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        make(folder)
        files = list(folder.iterdir())
        print(f"{make.__name__:10} {len(files):2} files, {sum(file.stat().st_size for file in files):,} bytes")
