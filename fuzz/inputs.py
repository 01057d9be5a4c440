"""Makes inputs that are the same for each program which is measured: files of a folder with one byte changed.

usage: inputs.py FROM TO COUNT
"""
import os
import random
import sys

source, target, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
names = sorted(os.listdir(source))
texts = []
for name in names:
    with open(os.path.join(source, name), "rb") as file:
        texts.append(file.read() or b"\0")
chance = random.Random(1)
for number in range(count):
    text = bytearray(texts[number % len(texts)])
    text[chance.randrange(len(text))] = chance.randrange(256)
    with open(os.path.join(target, str(number)), "wb") as file:
        file.write(text)
