"""read.py REPORT FIRST-LOGIN: whether Thunderbird has read the first message, and was shown the certificate of the first start."""

import json
import pathlib
import re
import sys

report = json.loads(pathlib.Path(sys.argv[1]).read_text())
shown = "".join(re.findall(r"(?:[0-9A-F]{2}:){7,15}[0-9A-F]{2}", pathlib.Path(sys.argv[2]).read_text())).replace(":", "")
assert report["step"] == "done" and "fault" not in report, report
assert report["fetched"] == ["one"] and sorted(report["again"]) == ["one", "sent by itself"], report
assert {print_.replace(":", "") for print_ in report["accepted"]} == {shown}, (report["accepted"], shown)
