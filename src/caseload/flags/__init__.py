"""FLAGS: from probabilities to states with reasons; patterns worth a conversation, never verdicts."""

from caseload.flags.evidence import Evidence
from caseload.flags.judgement import judge, shared_flags
from caseload.flags.states import STATES, flag_states, state_since
from caseload.intake.tables import FLAGS

__all__ = ["FLAGS", "STATES", "Evidence", "flag_states", "judge", "shared_flags", "state_since"]
