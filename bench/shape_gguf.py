"""Writes a GGUF file of a 1.1B llama (22 layers of 2,048, 32 heads, 4 of keys, 5,632 between) whose blocks are random, with the vocabulary of another file: speed needs no trained weights.

  python3 bench/shape_gguf.py MODEL.gguf OUT.gguf q4_0|q8_0
"""
import random, struct, sys

ALIGNMENT = 32
SHAPE = {"block_count": 22, "embedding_length": 2048, "feed_forward_length": 5632, "attention.head_count": 32, "attention.head_count_kv": 4, "rope.dimension_count": 64, "context_length": 2048}
SIZES = {0: 1, 1: 1, 2: 2, 3: 2, 4: 4, 5: 4, 6: 4, 7: 1, 10: 8, 11: 8, 12: 8}
UINT32, STRING, ARRAY = 4, 8, 9
F32 = 0
# GGUF's number of the type, codes of a block of 32 weights behind its fp16 scale.
TYPES = {"q4_0": (2, 16), "q8_0": (8, 32)}


class Reader:
    def __init__(self, path):
        self.data, self.at = open(path, "rb").read(64 << 20), 0

    def take(self, form):
        values = struct.unpack_from("<" + form, self.data, self.at)
        self.at += struct.calcsize("<" + form)
        return values[0]

    def string(self):
        length = self.take("Q")
        self.at += length
        return self.data[self.at - length:self.at]

    def skip(self, kind):
        if kind == STRING:
            self.string()
        elif kind == ARRAY:
            element, count = self.take("I"), self.take("Q")
            for _ in range(count):
                self.skip(element)
        else:
            self.at += SIZES[kind]


def metadata(path):
    """Key-value pairs as they lie in the file, but for those of the shape, and the number of tokens."""
    reader = Reader(path)
    if reader.data[:4] != b"GGUF":
        sys.exit(f"{path} is no GGUF file")
    reader.at = 16
    pairs, tokens = {}, 0
    for _ in range(reader.take("Q")):
        start, key = reader.at, reader.string().decode()
        kind = reader.take("I")
        if key == "tokenizer.ggml.tokens":
            tokens = struct.unpack_from("<Q", reader.data, reader.at + 4)[0]
        reader.skip(kind)
        pairs[key] = reader.data[start:reader.at]
    for name, value in SHAPE.items():
        key = "llama." + name
        pairs[key] = struct.pack("<Q", len(key)) + key.encode() + struct.pack("<II", UINT32, value)
    vocabulary = "llama.vocab_size"
    pairs[vocabulary] = struct.pack("<Q", len(vocabulary)) + vocabulary.encode() + struct.pack("<II", UINT32, tokens)
    return pairs, tokens


def tensors(tokens):
    width, middle, keys = SHAPE["embedding_length"], SHAPE["feed_forward_length"], 256
    yield "token_embd.weight", tokens, width
    for layer in range(SHAPE["block_count"]):
        parts = {"attn_norm": (1, width), "attn_q": (width, width), "attn_k": (keys, width), "attn_v": (keys, width), "attn_output": (width, width),
                 "ffn_norm": (1, width), "ffn_gate": (middle, width), "ffn_up": (middle, width), "ffn_down": (width, middle)}
        for name, (rows, columns) in parts.items():
            yield f"blk.{layer}.{name}.weight", rows, columns
    yield "output_norm.weight", 1, width
    yield "output.weight", tokens, width


def main(source, target, kind):
    pairs, tokens = metadata(source)
    number, codes = TYPES[kind]
    rng = random.Random(1)
    # Random blocks with small scales, again and again.
    block = b"".join(struct.pack("<e", 0.01 * (1 + rng.random())) + rng.randbytes(codes) for _ in range(1 << 14))
    head, bodies, offset = b"", [], 0
    for name, rows, columns in tensors(tokens):
        norm = rows == 1
        size = columns * 4 if norm else rows * columns // 32 * (codes + 2)
        head += struct.pack("<Q", len(name)) + name.encode() + struct.pack("<I", 1 if norm else 2)
        head += struct.pack("<Q", columns) if norm else struct.pack("<QQ", columns, rows)
        head += struct.pack("<IQ", F32 if norm else number, offset)
        bodies.append((norm, size))
        offset += (size + ALIGNMENT - 1) // ALIGNMENT * ALIGNMENT
    with open(target, "wb") as out:
        out.write(b"GGUF" + struct.pack("<IQQ", 3, len(bodies), len(pairs)) + b"".join(pairs.values()) + head)
        out.write(bytes(-out.tell() % ALIGNMENT))
        for norm, size in bodies:
            if norm:
                out.write(struct.pack("<f", 1) * (size // 4))
            else:
                whole, rest = divmod(size, len(block))
                for _ in range(whole):
                    out.write(block)
                out.write(block[:rest])
            out.write(bytes(-size % ALIGNMENT))


if __name__ == "__main__":
    if len(sys.argv) != 4 or sys.argv[3] not in TYPES:
        sys.exit(__doc__)
    main(*sys.argv[1:])
