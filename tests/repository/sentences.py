"""Whether a text is a sentence, as far as a list of words can tell.

A sentence has a verb, and does not lean on what stands before it: one that begins with "And" is
none, and one that begins with "Where" or "Without" has a main clause behind a comma or colon. The
verbs are those that docstrings of tests use; one that is missing here is added.
"""

import re

_VERBS = frozenset(
    """
    accept accepts acknowledge add adds admits agree agrees allow allows answer answers applies
    apply are arrive arrives ask asks assign avoid avoids backtracks be bear bears become
    becomes been begin begins behave behaves belong belongs bind binds block blocks boots break
    breaks bring brings build builds call calls can cancel cancels cannot capture captures
    carries carry change changes checks chooses claim claims cleans clones close closes collect
    collects combine combines come comes compare compares compile compiles complete completes
    connect connects consume consumes contain contains control controls convert converts copies
    cost costs count counts cover covers creates cut cuts decides declare declares decode
    decodes defer defers delays delete deletes deliver delivers depends describe describes
    destroy destroys detach detaches did die dies differ disable disables display displays
    divide divides do does draw draws drop drops eject ejects emit emits enable enables encode
    encodes end ends enter enters escape escapes exchanges exclude excludes exist exists exits
    expand expands expire expires explain explains export exports extend extends fail fails fall
    falls feeds fetch fetches fill fills find finds finish finishes fit fits fix fixes follow
    follows forbid forbids force forces format formats generate generates get gets give gives go
    goes grow grows had handle handles hands has have hear hears help helps hide hides hold
    holds identifies identify ignore ignores imports include includes insert inserts install
    installs interrupt interrupts is join keep keeps kill know knows lack lacks land lands last
    lead leads leave leaves let lets lies limits list lists live lives load loads lock locks log
    logs look looks lose loses make makes match matches may mean means measure measures meet
    meets mention mentions merge merges might migrate migrates mind minds mounts move moves must
    name names narrow narrows need needs note notes notice number obey obeys occur occurs omit
    omits open opens order orders outlives override overrides own owns park parks parse parses
    pass passes pause pauses pay permit permits pick picks places plug plugs point points poll
    polls prefer prefers preserve preserves prevent prevents print prints produce produces
    prolongs protect protects proves publishes put puts queries query quote quotes raise raises
    reach reaches read reads receive receives recover recovers refer refers refuse refuses
    reject rejects release releases remain remains remove removes rename renames repeat repeats
    replace replaces report reports request requests require requires reserve reserves reset
    resets resist resolve resolves respect respects respond responds restart restarts restore
    restores resume resumes retries retry return returns reuse reuses revert reverts routes
    rules run runs save saves say says scans scrape scrapes seal seals search searches see sees
    select selects send sends separate separates serve serves set sets shall share shares
    shortens should show shows shut shuts skip skips sleep sleeps sort sorts spares speak speaks
    split splits spread spreads stand stands start starts stay stays stop stops store stores
    strike strikes succeed succeeds suffices suggests survive survives suspend suspends swallow
    swallows sweeps switch switches take takes tell tells terminate terminates tie ties
    tolerates touch touches track tracks translate translates treat treats trust trusts try turn
    turns understand understands unlocks update updates use uses validate validates varies vary
    verifies verify visit visits wait waits wake wakes want wants warn warns was watches were
    will wins wipes wish work works would wrap wraps write writes
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
