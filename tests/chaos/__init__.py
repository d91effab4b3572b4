"""The long form of the proofs: the whole product as processes, everything that can fail failing, under load."""
