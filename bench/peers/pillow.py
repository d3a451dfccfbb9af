"""Pillow as a peer. The first argument names the mode and is not used; then
    version
    raw PIXELS WIDTH HEIGHT QUALITY…   8-bit RGB in, QUALITY.jpg beside it
    file INPUT OUTPUT QUALITY TIMES    any picture in, transparency on white, as often as TIMES says
"""

import os
import sys

import PIL
from PIL import Image, features


def save(image, path, quality):
    image.save(path, "JPEG", quality=int(quality), progressive=True, optimize=True, subsampling="4:2:0")


def flat(image):
    if "A" not in image.getbands() and "transparency" not in image.info:
        return image.convert("RGB")
    rgba = image.convert("RGBA")
    white = Image.new("RGBA", rgba.size, (255, 255, 255, 255))
    return Image.alpha_composite(white, rgba).convert("RGB")


task, rest = sys.argv[2], sys.argv[3:]
if task == "version":
    print(f"Pillow {PIL.__version__} (libjpeg-turbo {features.version('libjpeg_turbo')})")
elif task == "raw":
    pixels, width, height, *qualities = rest
    with open(pixels, "rb") as file:
        image = Image.frombytes("RGB", (int(width), int(height)), file.read())
    for quality in qualities:
        save(image, os.path.join(os.path.dirname(pixels), f"{quality}.jpg"), quality)
else:
    source, target, quality, times = rest
    for _ in range(int(times)):
        save(flat(Image.open(source)), target, quality)
