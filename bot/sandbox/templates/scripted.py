"""The program of template `scripted`: hands in `script.json` as its result.

Beside the result's own fields the script may hold `lines` (printed first, so that progress and logs can
be played too), `seconds` (to wait then), `files` (path → text, or null to delete it, done in the
repository) and `exitCode`.
"""

import json
import os
import pathlib
import sys
import time

NOTHING = {
    "scan": {"issues": [], "summary": "Nothing scripted."},
    "ask": {"questions": [], "summary": "Nothing scripted."},
    "fix": {"outcome": "no_change", "summary": "Nothing scripted."},
}

root = pathlib.Path(os.environ["ASKFIRST_ROOT"])
repo = pathlib.Path(os.environ["ASKFIRST_REPO"])
task = json.loads(pathlib.Path(os.environ["ASKFIRST_TASK"]).read_text(encoding="utf-8"))
script = root / "script.json"
result = json.loads(script.read_text(encoding="utf-8")) if script.exists() else {}

for line in result.pop("lines", []):
    print(line if isinstance(line, str) else json.dumps(line), flush=True)
time.sleep(result.pop("seconds", 0))
for path, text in result.pop("files", {}).items():
    if text is None:
        (repo / path).unlink()
        continue
    (repo / path).parent.mkdir(parents=True, exist_ok=True)
    (repo / path).write_text(text, encoding="utf-8")
exit_code = result.pop("exitCode", 0)
if not result:
    print("nothing scripted for " + task["kind"])
    result = NOTHING[task["kind"]]
pathlib.Path(os.environ["ASKFIRST_RESULT"]).write_text(json.dumps(result), encoding="utf-8")
sys.exit(exit_code)
