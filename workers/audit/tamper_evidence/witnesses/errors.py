"""Why a witness attests nothing."""


class WitnessError(Exception):
    """A witness attested nothing; the reason says why."""


class WitnessAwayError(WitnessError):
    """A witness did not answer, or with something else."""


class WitnessRefusedError(WitnessError):
    """A witness does not cosign, because it saw another history."""
