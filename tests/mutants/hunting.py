"""A pytest plugin for mutants: the first counterexample is enough, need not be made small, and is not remembered."""

from __future__ import annotations

from hypothesis import Phase, settings

settings.register_profile("hunting", phases=(Phase.explicit, Phase.generate), database=None, deadline=None)
settings.load_profile("hunting")
