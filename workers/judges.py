"""Which judge this worker extracts with: the classifier, or the rules alone where its weights are not installed."""

from pathlib import Path

import structlog

from app.extraction import RULES, Judge
from workers.classifier import Classifier, weights

log = structlog.get_logger()


def best(models_dir: Path) -> Judge:
    """Says in the log when it is not the classifier: insights are then fewer and worse, and say so in `method`."""
    if weights.is_installed():
        return Classifier(models_dir).judge()
    log.warning("the classifier's weights are not installed (weights.txt): insights come from rules alone")
    return RULES
