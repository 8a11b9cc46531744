"""``python -m pipeline STAGE``: run one stage; what ``dvc.yaml`` calls. Knows neither Prefect nor DVC."""

import sys

from pipeline.command import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
