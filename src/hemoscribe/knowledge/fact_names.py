"""What the facts of a report are called, in its mapping (one report) and its frame (many).

``potassium`` is the exact value (missing when censored), ``potassium:least`` and ``potassium:most``
what the true value is at least and at most: "<0.5" has no least and a most just under 0.5, ">100"
no most. Beside them stand ``potassium:flag``, ``potassium:critical``, ``potassium:low`` and
``potassium:high`` (the limits of its range), ``sex``, ``age``, ``pregnant``, ``height``, what
the requester's note states (``NOTED``), ``sample:hemolyzed`` and the other remarks of
``knowledge.remarks``, and what ``knowledge.earlier_facts`` adds.

Whether the report holds an analyte at all, read or not, is ``potassium:reported`` of a frame, and
that the mapping has ``potassium:flag``. A flag is null (0 in the mapping) where the result cannot
be judged, and ``NOT_REPORTED`` (not in the mapping) where there is none.
"""

from __future__ import annotations

from typing import Final

FLAG_CODES: Final = {"LL": 1, "L": 1, "N": 2, "H": 3, "HH": 3}
LOW, NORMAL, HIGH = 1, 2, 3
UNJUDGED, NOT_REPORTED = 0, 9
STATED_HOURS: Final = ("ingestion_hours", "life_hours", "gestation_weeks")
STATED_TARGET: Final = ("inr_target_low", "inr_target_high")
NOTED: Final = (*STATED_HOURS, *STATED_TARGET, "anticoagulant")
"""Of the requester's note: numbers, and the class of an anticoagulant."""
