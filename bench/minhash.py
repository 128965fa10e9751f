#!/usr/bin/env python3
"""MinHash sketches: Attune's beside the same in Python and NumPy, one thread each.

  bench/minhash.py ROWS [DOCUMENTS]     ROWS: a JSON lines file; DOCUMENTS: how many of its rows, default 4,000

The peer makes what datasketch makes: windows of three words, the first four bytes of their SHA-1, 128 functions of the scheme affine32. Once as datasketch is usually told, window by window (update), and
once with all windows of a document at a time (update_batch). Its sketches equal datasketch's: where ATTUNE_GOLDENS (default ../shared/goldens) is there, that is checked first.
"""
import gzip, hashlib, json, os, pathlib, re, subprocess, sys, time
import numpy

FUNCTIONS = 128
root = pathlib.Path(__file__).resolve().parent.parent
random = numpy.random.RandomState(1)
a = (random.randint(0, 2**32, FUNCTIONS, numpy.uint32) << numpy.uint32(1)) | numpy.uint32(1)
b = random.randint(0, 2**32, FUNCTIONS, numpy.uint32)


def hashes(text):
    words = re.findall(r"[a-z0-9]+", text.lower())
    windows = {" ".join(words[i:i + 3]) for i in range(max(1, len(words) - 2))}
    return numpy.frombuffer(b"".join(hashlib.sha1(window.encode()).digest()[:4] for window in windows), "<u4").copy()


def mix(h):
    h = h ^ (h >> numpy.uint32(16))
    h = h * numpy.uint32(0x85EBCA6B)
    h = h ^ (h >> numpy.uint32(13))
    h = h * numpy.uint32(0xC2B2AE35)
    return h ^ (h >> numpy.uint32(16))


def by_window(text):
    values = numpy.full(FUNCTIONS, 2**32 - 1, numpy.uint32)
    for h in mix(hashes(text)):
        values = numpy.minimum(values, a * h + b)
    return values


def by_document(text):
    return (a[:, None] * mix(hashes(text))[None, :] + b[:, None]).min(axis=1)


def check(golden):
    with gzip.open(golden) as file:
        case = json.load(file)
    for sketch in (by_window, by_document):
        values = b"".join(sketch(text).astype("<u8").tobytes() for text in case["docs"])
        assert hashlib.sha256(values).hexdigest() == case["affine32"]["sha256"], "the peer is not datasketch"


def rate(sketch, texts):
    best = float("inf")
    for _ in range(3):
        started = time.perf_counter()
        for text in texts:
            sketch(text)
        best = min(best, time.perf_counter() - started)
    return len(texts) / best


def main(path, documents):
    golden = pathlib.Path(os.environ.get("ATTUNE_GOLDENS", root.parent / "shared" / "goldens")) / "text" / "data" / "dedup.json.gz"
    if golden.exists():
        check(golden)
    else:
        print(f"{golden} is not there: the peer is not checked")
    with open(path, encoding="utf-8") as lines:
        texts = [" ".join(str(value) for value in json.loads(line).values()) for line, _ in zip(lines, range(documents))]
    command = ["dotnet", "run", "-c", "Release", str(root / "bench" / "MinHash.cs"), "--", path, str(documents)]
    own = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)["documents_per_second"]
    print(f"Attune                    {own:12,.0f} documents/s")
    for name, sketch in (("NumPy, window by window", by_window), ("NumPy, whole documents", by_document)):
        peer = rate(sketch, texts)
        print(f"{name:<24}  {peer:12,.0f} documents/s   ratio {own / peer:.1f}")


if len(sys.argv) < 2:
    sys.exit(__doc__)
main(sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 4000)
