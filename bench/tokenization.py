"""The part of bench/run that measures tokenizers: the product beside the Rust library (npm package tokenizers), one thread each, on the same text, in turn."""
import os, pathlib, statistics, subprocess, tempfile
from parts import last_json

HEADING = "## Tokenizers, beside the Rust library"
# Text is encoded again and again for the best of so many runs.
RUNS = 20


def measure(root, tool, model, rounds):
    """The section of RESULTS.md."""
    shared = root.parent / "shared"
    text = os.environ.get("ATTUNE_BENCH_TEXT", str(shared / "data" / "wikitext2" / "test.txt.gz"))
    others = os.environ.get("ATTUNE_BENCH_TOKENIZERS", str(shared / "goldens" / "text" / "tokenizers" / "trained" / "bbpe_llama3_2000" / "tokenizer.json"))
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        own = pathlib.Path(model) / "tokenizer.json"
        if not own.exists():
            subprocess.run(tool + ["convert", model, f"{folder}/model", "--quiet"], check=True)
            own = pathlib.Path(folder) / "model" / "tokenizer.json"
        for name, path in [("of the model", own)] + [(pathlib.Path(path).parent.name, path) for path in others.split(os.pathsep) if path]:
            pairs = []
            for _ in range(rounds):
                ours = last_json(tool + ["bench", "tokenize", "--model", str(path), "--data", text, "--steps", str(RUNS), "--json"])
                peer = last_json(["node", str(root / "bench" / "tokenize.mjs"), str(path), text, str(RUNS)], os.environ | {"RAYON_NUM_THREADS": "1"})
                if ours["tokens"] != peer["tokens"]:
                    raise SystemExit(f"{path}: {ours['tokens']} tokens beside {peer['tokens']}")
                pairs.append((ours["bytes_per_second"] / 1e6, peer["megabytes_per_second"]))
            one, other = zip(*pairs)
            rows.append(f"| {name} | {statistics.median(one):.1f} ({min(one):.1f}-{max(one):.1f}) | {statistics.median(other):.1f} ({min(other):.1f}-{max(other):.1f}) |"
                        f" **{statistics.median(a / b for a, b in pairs):.1f}** |")
    return f"""
{HEADING}

Written by `bench/run MODEL {rounds} tokenize`: product and peer in turn on {pathlib.Path(text).parent.name}/{pathlib.Path(text).name}, line by line, {rounds} rounds of the best of {RUNS}; both give as many tokens.

| tokenizer | Attune, MB/s | tokenizers (Rust), MB/s | ratio |
| --- | --- | --- | --- |
""" + "\n".join(rows) + "\n"
