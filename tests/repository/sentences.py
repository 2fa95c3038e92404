"""Whether a text is a sentence, as far as a list of words can tell.

A sentence has a verb, and does not lean on what stands before it: one that begins with "And" is
none, and one that begins with "Where" or "Without" has a main clause behind a comma or colon. The
verbs are those that docstrings of tests use; one that is missing here is added.
"""

import re

_VERBS = frozenset(
    """
    accept accepts acknowledge add adds admits allow allows answer answers are ask asks
    assign backtracks be bear bears become becomes been begin begins belong belongs blocks boots
    break breaks bring brings build builds call calls can cancel cancels cannot carry carries
    change changes checks chooses cleans clones close closes come comes compile compiles contain
    contains copies cost costs count counts cover covers creates decides delays delete deletes
    depends describe describes destroy destroys did die dies differ do does draws drop drops end
    ends exchanges exist exists exits expire expires fail fails fall falls feeds fill fills find
    finds fit fits follow follows forbid forbids get gets give gives go goes grow grows had hands
    has have hear hears help helps hide hides hold holds ignore ignores imports include includes
    install installs is join keep keeps kill know knows lack lacks land lands last lead leads leave
    leaves let lets lies limits list lists live lives log logs look looks lose loses make makes may
    mean means measure measures meet meets mention mentions might mounts move moves must name names
    need needs notice number open opens outlives pass passes pay places plug plugs poll polls
    prefer prefers print prints prolongs proves publishes put puts raise raises reach reaches read
    reads receive receives refuse refuses release releases remain remains remove removes repeat
    repeats replace replaces report reports resist restart restarts resume resumes return returns
    routes rules run runs say says scans seal seals see sees send sends serve serves shall share
    shares shortens should show shows shut shuts sleep sleeps spares speak speaks stand stands start
    starts stay stays stop stops store stores strike strikes succeed succeeds suffices suggests
    survive survives swallow swallows sweeps take takes tell tells tie ties tolerates treat treats
    try understand understands unlocks use uses wait waits wake wakes want wants was watches were
    will wins wipes wish work works would write writes
    """.split()  # noqa: SIM905 - a list would have a line for each
)
_LEANING = frozenset({"also", "and", "but", "else", "nor", "or", "rather", "whose"})
_SUBORDINATE = frozenset(
    """
    after although as at because before behind beside besides beyond by due during even except for
    from if in inside into like likewise not of on once over so such than though through to under
    unless until upon when where whether while with within without
    """.split()  # noqa: SIM905 - likewise
)
_RELATIVE = frozenset(
    {"how", "what", "whatever", "which", "whichever", "who", "whoever", "whom", "why"}
)
_NAME = re.compile(r"`[^`]*`|\w*_\w+|\S*/\S*|--\S+")
_CHECKLIST = re.compile(r"(F\d{3}(-F\d{3})?(, )?)+: ")


def is_sentence(text: str) -> bool:
    """Return whether a docstring is a sentence: capital, main clause with a verb, full stop."""
    text = _CHECKLIST.sub("", " ".join(text.split("\n\n", maxsplit=1)[0].split()))
    begins = text[:1].isupper() or text[:1].isdigit() or _NAME.match(text) is not None
    return begins and text.endswith((".", "?", "!", ":")) and _has_main_clause(text)


def _has_main_clause(text: str) -> bool:
    plain = _NAME.sub("X", text)
    first = (re.findall(r"[a-z']+", plain.lower()) or [""])[0]
    if first in _LEANING:
        return False
    if first in _SUBORDINATE:
        _, comma, main = plain.partition(",")
        _, colon, other = plain.partition(":")
        return bool((comma and _verbs(main)) or (colon and _verbs(other)))
    return _verbs(plain) >= (2 if first in _RELATIVE else 1)


def _verbs(text: str) -> int:
    return sum(word in _VERBS for word in re.findall(r"[a-z']+", text.lower()))
