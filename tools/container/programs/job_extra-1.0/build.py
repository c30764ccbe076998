"""The least of a build: it writes the package, and puts into it what it sees of the environment."""

import os
import zipfile

NAME = "job_extra-1.0-py3-none-any.whl"
INFO = "job_extra-1.0.dist-info/"
METADATA = "Metadata-Version: 2.1\nName: job-extra\nVersion: 1.0\n"
SECRET = ("GEMINI_API_KEY", "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI")


def build_wheel(directory, settings=None, metadata=None):
    answer = 0 if any(name in os.environ for name in SECRET) else 42
    with zipfile.ZipFile(os.path.join(directory, NAME), "w") as wheel:
        wheel.writestr("job_extra.py", f"ANSWER = {answer}\n")
        wheel.writestr(INFO + "METADATA", METADATA)
        wheel.writestr(INFO + "WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr(INFO + "RECORD", "")
    return NAME
