"""FLAGS: from probabilities to states with reasons; patterns worth a conversation, never verdicts."""

from caseload.flags.every import FLAGS
from caseload.flags.evidence import Evidence
from caseload.flags.flag import Flag
from caseload.flags.judgement import judge, shared_flags
from caseload.flags.states import STATES, flag_states, state_since

__all__ = ["FLAGS", "STATES", "Evidence", "Flag", "flag_states", "judge", "shared_flags", "state_since"]
