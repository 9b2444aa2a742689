"""The findings of a check, by what each is about."""


def found(live, spec, standing=None):
    return {each.check: each for each in live.checks(spec, standing)}
