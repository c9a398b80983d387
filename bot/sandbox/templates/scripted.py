"""The program of template `scripted`: hands in `script.json` as its result.

Beside the result's own fields the script may hold `lines` (printed first, so that progress and logs can
be played too) and `exitCode`.
"""

import json
import os
import pathlib
import sys

root = pathlib.Path(os.environ["ASKFIRST_ROOT"])
task = json.loads(pathlib.Path(os.environ["ASKFIRST_TASK"]).read_text(encoding="utf-8"))
script = root / "script.json"
result = json.loads(script.read_text(encoding="utf-8")) if script.exists() else {}

for line in result.pop("lines", []):
    print(line if isinstance(line, str) else json.dumps(line), flush=True)
exit_code = result.pop("exitCode", 0)
if not result:
    print("nothing scripted for " + task["kind"])
    result = {"issues": [], "summary": "Nothing scripted."}
pathlib.Path(os.environ["ASKFIRST_RESULT"]).write_text(json.dumps(result), encoding="utf-8")
sys.exit(exit_code)
