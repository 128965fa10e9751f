"""What the parts of bench/run share."""
import json, re, subprocess


def kept(results, heading):
    """The section of an earlier run, so that measuring something else does not lose it."""
    found = re.search(rf"\n{re.escape(heading)}\n.*?(?=\n## |\Z)", results.read_text(), re.S) if results.exists() else None
    return found.group(0) if found else ""


def last_json(command, environment=None):
    """The JSON object with which a command's output ends."""
    out = subprocess.run(command, capture_output=True, text=True, env=environment)
    if out.returncode != 0:
        raise SystemExit(f"{' '.join(command)} failed:\n{out.stderr}")
    return json.loads(out.stdout[out.stdout.index("{"):])
