"""Words by which people and organisations are known: what a person may be called, what a name never is."""

import re


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


RELATIONS = _words(
    """friend buddy pal mate colleague coworker co-worker boss manager supervisor mentor cousin brother sister mother
    father mom mum dad aunt uncle auntie niece nephew son daughter wife husband spouse partner neighbor neighbour
    roommate housemate flatmate classmate teammate brother-in-law sister-in-law mother-in-law father-in-law
    girlfriend boyfriend godmother godfather grandmother grandfather professor teacher tutor advisor adviser coach
    student trainee apprentice acquaintance successor predecessor counterpart"""
)
ROLES = _words(
    """head chief lead deputy nurse chef cook captain clerk guide guard intern assistant president vp ceo cto cfo coo
    dean principal sergeant agent accountant consultant attendant executive exec representative rep official
    specialist tech mechanic medic paramedic pilot architect analyst therapist midwife host associate recruit hire
    alum alumna alumnus grad graduate resident fellow priest pastor rabbi judge attorney counsel vet veterinarian
    secretary treasurer steward usher surgeon physician chemist pharmacist barista baker vicar warden
    coordinator founder co-founder owner partner editor curator registrar freelancer retiree contact"""
)
# Not said who, or what: these become somebody by a name or by what is said of them.
VAGUE = _words(
    """somebody someone person guy woman man lady gentleman girl fella fellow dude gal kid lad bloke chap
    people folks guys women men ladies lads gals"""
)
PLURALS = _words("people folks guys women men ladies lads gals wives")
AGENT = re.compile(r"[^\W\d_]{2,}(?:er|or|ist|ian|eer|man|woman|person|keeper|smith)s?")
NOT_AGENTS = _words(
    """other others another never ever after over under number numbers paper papers letter letters newsletter
    newsletters computer computers center centers offer offers order orders dinner summer winter matter matters
    career careers power water weather corner chapter chapters semester quarter theater theaters border river flower
    flowers shoulder shoulders floor floors door doors color colors error errors factor factors sector sectors minor
    major prior mirror human german former latter older younger better bigger smaller earlier later rather whether
    together either neither however whatever whenever wherever forever shelter shelters cancer layer layers cover
    covers answer answers tower towers charter master senior junior superior interior exterior labor harbor anchor
    motor motors tractor tractors list lists wrist exist assist italian asian christian canadian indian russian
    inner outer upper lower higher proper super per for or nor more easier harder nicer closer sooner longer
    user users customer customers client consumer consumers timer poster posters printer printers server servers
    folder folders register offer counter counters dumpster hammer ladder ladders filter filters
    member members voter voters flyer flyers tier odor humor rumor terror horror remember consider
    deliver discover wonder enter prefer refer transfer whichever altogether altar particular regular popular
    similar familiar calendar sugar dollar dollars seminar seminars far near year years clear dear""",
)
# Places where people work, join or are sent: strong enough alone behind "the".
INSTITUTIONS = _words(
    """association guild union society institute chamber federation alliance cooperative co-op collective league
    council bureau agency foundation"""
)
PLACES = _words(
    """office department dept team unit lab labs laboratory studio studios shop clinic hospital university college
    school museum library archive archives shelter academy board company firm bakery brewery theater theatre center
    centre station club network chapter branch campus nursery orchard farm mill yard garage gallery press publisher
    restaurant cafe hotel bank church ministry district committee consortium cooperative group program programme
    workshop startup agency branch fund trust authority institute place garden gardens kitchen warehouse hub"""
)
ENDINGS = _words(
    """inc ltd llc corp games records radio books foods systems partners media films pictures airlines industries
    technologies solutions consulting analytics robotics motors brothers & enterprises"""
)
ORGANISATIONS = INSTITUTIONS | PLACES
UNITS = _words("department dept team unit office lab shop shift crew division wing section floor side")
FIELDS = _words(
    """hr it marketing accounting finance sales legal design engineering payroll purchasing operations production
    logistics recruiting recruitment props wardrobe research development support maintenance admissions"""
)
# Nobody to be sent to: where one looks, reads and posts.
PLATFORMS = _words(
    """linkedin facebook google instagram youtube glassdoor indeed github slack discord reddit twitter x zoom siri
    alexa chatgpt wikipedia coursera udemy tiktok telegram whatsapp amazon spotify netflix meetup eventbrite upwork"""
)
NO_NAMES = _words(
    """monday tuesday wednesday thursday friday saturday sunday january february march april may june july august
    september october november december mondays tuesdays wednesdays thursdays fridays saturdays sundays christmas
    easter thanksgiving english spanish french german american british european italian irish scottish welsh polish
    dutch russian chinese japanese korean indian mexican canadian australian african asian czech danish swedish
    norwegian greek turkish portuguese arabic"""
)
# These are people too, unless they stand where a time does: "in May", "next June".
NAMES_TOO = _words("will may april june august")
BEFORE_TIMES = _words("in by until till since last next this every of on for from before after through early late mid")
TITLES = _words("dr doctor mr mrs ms miss prof professor madame")
PARTICLES = _words("de da do dos van von der den del della di la le bin ibn al el ap mac st")
# Where a name, a role or an organisation ends: no word of these is part of one.
STOPS = _words(
    """a an the this that these those my your our his her hers its their i you he she it we they me him us them who
    whom whose which what where when why how if because so but and or nor than then as at by for from in into of off on
    onto out over through to toward towards under until till up upon via with within without about after before during
    since while though although unless whenever am is are was were be been being do does did done has have had having
    can could will would shall should may might must cannot not no yes yeah yep oh well just really very too also
    again still even only maybe probably definitely actually honestly basically totally absolutely certainly first
    next later soon now today tomorrow tonight sometime sometimes always never often usually already recently there
    here anyway please okay ok uh um er hmm like right sure thanks hello hi hey am some any every each all both few
    many much more most several else instead around down back away along across across ago once twice
    run runs ran work works worked own owns owned know knows knew teach teaches taught leads led manage manages
    managed heads headed make makes made say says said go goes went gone get gets got come comes came take takes took
    used tell tells told think thinks thought like likes liked love loves loved want wants wanted need needs needed help
    helps helped start starts started leave leaves left move moves moved live lives lived let lets keep keeps kept give
    gives gave see sees saw talk talks talked speak speaks spoke call calls called ask asks asked find finds found
    send sends sent show shows showed try tries tried use uses put puts seem seems feel feels felt mean means meant
    became become becomes join joins joined train trains trained named
    gonna wanna gotta"""
)
# With these a sentence begins, in capitals; none of them is a name.
OPENERS = _words(
    """talk speak call ask meet email e-mail contact reach get look go try check join visit write message text ring
    find say tell give send start begin read follow watch listen use keep make take come ping shadow sign subscribe
    introduce connect apply yes no oh well so and but or maybe perhaps honestly actually definitely absolutely
    certainly probably obviously also then now first second third finally otherwise alternatively sure okay ok great
    good right exactly totally thanks thank sorry please people folks everyone everybody someone somebody anyone
    anybody nobody both either another other others most many some all none one two three lots plenty there here these
    those what when where who whom why how if because since while although unless until after before during with
    without for from in on at by to of let maybe once ah um uh er hey hi hello dear yep yeah nope hmm right cool
    wonderful nice perfect lovely funny work working having being doing going trying learning networking"""
)
PRONOUNS = _words("him her them")
SUBJECTS = _words("he she they who")
# What somebody does, where it says who they are.
DOINGS = _words("runs leads manages heads owns directs teaches oversees coordinates supervises chairs edits founded")


def is_plural(word: str) -> bool:
    return word in PLURALS or (word.endswith("s") and word not in RELATIONS | ROLES | VAGUE and is_person(word[:-1]))


def is_certain_person(word: str) -> bool:
    """Whether it is known to say who somebody is, and does not only end as such words do: friend, nurse; not peter."""
    return bool({word, word.removesuffix("s")} & (RELATIONS | ROLES))


def is_person(word: str) -> bool:
    """Whether a lower-case word says who somebody is: friend, nurses, welder, archivist."""
    if is_certain_person(word):
        return True
    return AGENT.fullmatch(word) is not None and not {word, word.removesuffix("s")} & (
        NOT_AGENTS | ORGANISATIONS | STOPS
    )


def is_organisation(word: str) -> bool:
    return word in ORGANISATIONS or word.removesuffix("s") in INSTITUTIONS
