"""The part of bench/run that measures generation: the product beside llama.cpp (npm package node-llama-cpp), on the same GGUF file, in turn."""
import os, pathlib, shlex, statistics, subprocess, tempfile
import shape_gguf
from parts import last_json

HEADING = "## Generation, beside llama.cpp"
UNDER = shlex.split(os.environ.get("ATTUNE_BENCH_UNDER", ""))


def measure(root, tool, model, rounds):
    """The section of RESULTS.md."""
    rows = []
    tier = ""
    with tempfile.TemporaryDirectory() as folder:
        files = [("135M, as it is (Q4_1)", model)] if str(model).endswith(".gguf") else []
        for dtype in ("q8_0", "bf16"):
            path = str(pathlib.Path(folder) / f"{dtype}.gguf")
            subprocess.run(tool + ["convert", model, path, "--dtype", dtype, "--quiet"], check=True)
            files.append((f"135M, {dtype.upper()}", path))
        for kind in shape_gguf.TYPES if str(model).endswith(".gguf") else ():
            path = str(pathlib.Path(folder) / f"1.1b-{kind}.gguf")
            shape_gguf.main(model, path, kind)
            files.append((f"1.1B shape, {kind.upper()}", path))
        files += [(pathlib.Path(path).stem, path) for path in filter(None, os.environ.get("ATTUNE_BENCH_GGUF", "").split(os.pathsep))]
        for name, path in files:
            runs = []
            for _ in range(rounds):
                own, other = pair(root, tool, path, 512, 48, 1)
                together, others = pair(root, tool, path, 64, 32, 8)
                tier = own["tier"]
                rounded = bench(tool, path, 512, 1, 1, "--activations", "int8")["prompt_tokens_per_second"] if holds_few_bits(path) else None
                runs.append([
                    (own["prompt_tokens_per_second"], other["prompt_tokens_per_second"]), rounded and (rounded, other["prompt_tokens_per_second"]), (own["tokens_per_second"], other["tokens_per_second"]),
                    (together["tokens_per_second"], others["tokens_per_second"]), (together["tokens_per_second"], own["tokens_per_second"]), own["memory_share"]])
            rows.append(f"| {name} | " + " | ".join(cell([run[i] for run in runs]) for i in range(4)) + f" | {statistics.median(a / b for a, b in (run[4] for run in runs)):.1f} | {statistics.median(run[5] for run in runs):.0%} |")
    return f"""
{HEADING}

Written by `bench/run MODEL {rounds} generation`: product and peer in turn on the same file, {rounds} rounds; in each cell tokens/s of Attune and of llama.cpp (medians), and the median of the rounds' ratios.
Two threads each, tier {tier}. One stream reads a prompt of 512 tokens and generates behind it, `int8` with `--activations int8`, as llama.cpp always does; 8 streams have prompts of 64. The last column is what one stream of Attune reads per second, as a share of the rate at which the same process reads memory alone.

| weights | prompt of 512 tokens | the same, int8 | one stream | 8 streams together | 8 streams, times one | one stream, share of memory |
| --- | --- | --- | --- | --- | --- | --- |
""" + "\n".join(rows) + "\n"


def pair(root, tool, path, prompt, steps, streams):
    own = bench(tool, path, prompt, steps, streams)
    return own, last_json(UNDER + ["node", str(root / "bench" / "generate.mjs"), path, str(prompt), str(steps), str(streams)])


def bench(tool, path, prompt, steps, streams, *options):
    return last_json(UNDER + tool + ["bench", "generate", "--json", "--model", path, "--seq", str(prompt), "--steps", str(steps), "--batch", str(streams), *options])


def holds_few_bits(path):
    """Whether most weights are of a type that the product keeps in its few bits."""
    return not any(wide in pathlib.Path(path).stem.lower() for wide in ("f32", "f16"))


def cell(pairs):
    if None in pairs:
        return "-"
    own, other = zip(*pairs)
    return f"{statistics.median(own):,.0f} / {statistics.median(other):,.0f} = **{statistics.median(a / b for a, b in pairs):.2f}**"
