"""Start the runner: `python -B apps/entrypoint/runner RUN_FILE.json`."""

import sys

from openevolve_runner.main import main

if __name__ == "__main__":
    main(sys.argv[1:])
