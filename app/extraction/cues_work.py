"""Cues for what the work is: its pay, days, conditions, skills, prospects and people."""

from collections.abc import Mapping

from app.extraction.values import Category

C = Category

# (name, weight, pattern); <words in angle brackets> are spelt out in cues.py. Adding a row needs no code.
TABLE: Mapping[Category, tuple[tuple[str, float, str], ...]] = {
    C.COMPENSATION: (
        ("pay-word", 0.5, (
            r"\b(?:salar(?:y|ies)|wages?|paychecks?|pay (?:checks?|scales?|grades?|bands?|rates?|raises?|"
            r"cuts?)|take[- ]home|stipends?|pensions?|bonus(?:es)?|six[- ]figures?|compensat(?:ion|ed)|"
            r"base pay|starting pay|minimum wage|reimburs\w+)\b"
        )),
        ("pay-level", 0.7, (
            r"\b(?:pays?|paid|paying) (?:\w+ )?(?:well|badly|poorly|good|great|decent(?:ly)?|enough|little|"
            r"more|less|better|nothing|the bills|peanuts|by the (?:hour|job|piece|month)|hourly|per|monthly|"
            r"weekly|every|extra|off)\b(?! (?:my|the|loans?))"
        )),
        ("paid", 0.45, (
            r"\b(?:get|gets|got|getting|are|were|being|be|'re|is|was) (?:\w+ )?paid\b(?! (?:off|attention))|"
            r"\bunpaid\b"
        )),
        ("earn", 0.4, (
            r"\b(?:earn|earns|earned|earning)\b(?! (?:a|my|his|her|their|your|the|respect|trust) )"
        )),
        ("living", 0.65, (
            r"\bmak(?:e|es|ing) (?:a |good |decent |great |better |more |enough |a lot of |any |much |that |"
            r"really |very )*(?:money|living)\b"
        )),
        ("the-pay", 0.65, (
            r"\b(?:the|my|your|good|great|decent|low|high|lower|higher|terrible|better|equal) (?:pay|money|"
            r"salary)\b(?! (?:for|off))"
        )),
        ("package", 0.5, (
            r"\b(?:401 ?\(?k\)?|health (?:insurance|care|benefits)|benefits package|tuition (?:reimbursement|"
            r"assistance)|paid (?:vacation|leave|holidays|time off)|benefits are|good benefits|great benefits|"
            r"housing allowance|allowances?)\b"
        )),
        ("raise", 0.6, (
            r"\b(?:got|get|gets|gave|give|gives|annual|yearly|pay|percent|%|asked for|"
            r"ask for) (?:\w+ ){0,2}raises?\b|\bsalary increases?\b"
        )),
        ("split", 0.6, (
            r"\b(?:on|earn|pure|straight|plus|paid|percent|%) commission\b|\bcommission (?:split|based|only|"
            r"on)\b|\btips\b.{0,30}\b(?:night|shift|hour)\b"
        )),
        ("freelance", 0.45, (
            r"\b(?:income|money) (?:is|can be|varies|goes|fluctuat\w+|depends)\b|\bpay (?:varies|depends|"
            r"fluctuates)\b|\bfeast or famine\b"
        )),
    ),
    C.TYPICAL_DAY: (
        ("typical", 0.7, (
            r"\b(?:typical|average|normal|usual|regular|given) (?:day|week|shift|morning|afternoon|workday)\b|"
            r"\bday[- ]to[- ]day\b"
        )),
        ("spend-time", 0.6, (
            r"\b(?:i|we|you)(?:'ll|'d)? <adverbs>spend (?:a lot|most|about|half|my|the|maybe|probably|"
            r"\w+ (?:percent|hours))\b|\b(?:most|half|rest|a lot|much|percent|%|quarter|third|bulk|"
            r"majority) of (?:my|your|our|the (?=day|week|job|work|shift)) ?(?:time|day|week|job|work|shift)\b"
        )),
        ("every-day", 0.4, (
            r"\b(?:every|each) (?:single )?(?:day|morning|week|shift)\b|\b(?:most|some) (?:days|mornings|"
            r"weeks)\b|\bon a (?:daily|weekly) basis\b|\bdaily\b"
        )),
        ("clock", 0.4, (
            r"\b(?:i|we|you) (?:\w+ )?(?:get in|come in|arrive|start|clock in|wake up|get up|get there|"
            r"show up|leave|finish|get home|log on)\b.{0,25}\b(?:at|around|by|about|between|"
            r"before) (?:\w+ )?(?:[0-9]|five|six|seven|eight|nine|ten|noon)"
        )),
        ("parts-of-day", 0.35, (
            r"\b(?:in the (?:morning|afternoon|evening)|(?:first thing in|rest of) the (?:morning|day))\b|"
            r"\b(?:before|after|at) lunch\b"
        )),
        ("habit", 0.3, (
            r"\b(?:i|we|you) (?:usually|typically|generally|normally|mostly|often|then|always|basically|"
            r"also)\b|\busually\b|\btypically\b"
        )),
        ("duty", 0.5, (
            r"(?<!part of )(?<!thing about )\b(?:my|our|your) (?:main |primary |actual |whole |day )?(?:job|"
            r"role|work|responsibilit(?:y|ies)|duties|tasks?) (?:is|are|was|includes?|involves?|consists?|"
            r"entails?)\b(?: to| mostly| basically| making| being| a lot)?|\b(?:i'm|i am|we're|"
            r"you're) (?:responsible for|in charge of)\b"
        )),
        ("duties", 0.35, (
            r"\b(?:i|we|you) (?:do|handle|fix|run|check|meet|manage|write|review|answer|design|build|test|"
            r"teach|plan|prepare|clean|oversee|coordinate|install|repair|inspect|treat|see|assist|schedule|"
            r"supervise|monitor|maintain|research|analy[sz]e|process|deliver|operate|draw|cook|serve|order|"
            r"load|call|help) (?!not\b)"
        )),
        ("things-dealt-with", 0.25, (
            r"\b(?:meetings?|e-?mails?|phone calls?|paperwork|reports?|rounds|patients|clients|customers|"
            r"lesson plans|grading|inspections?|appointments?|deliveries|orders|tickets)\b"
        )),
        ("routine", 0.2, (
            r"\b(?:you|we|i|they) (?:have|get|go|come|do|make|take|work|start|open|set|put|walk|drive|sit|"
            r"talk|deal|keep)\b"
        )),
        ("lot-of-it", 0.5, (
            r"\b(?:a lot|most|much|half|some|all|part) of (?:it|the job|the work|my job|what (?:i|"
            r"we) do) (?:is|involves|comes)\b"
        )),
    ),
    C.EXPECTATIONS: (
        ("hours", 0.6, (
            r"\b(?:[0-9]+|\w+) hours? (?:a|per|each|every) (?:day|week|night)\b|\b(?:[0-9]+|"
            r"\w+)[- ]hour (?:days?|shifts?|weeks?)\b|\b(?:long|late|early|crazy|odd|flexible|regular|set|"
            r"unpredictable|irregular|normal|weird|extra) hours\b|\bnine to five\b|\b9[- ]to[- ]5\b|"
            r"\bhours (?:are|can be|were)\b"
        )),
        ("shifts", 0.5, (
            r"\b(?:night|day|evening|weekend|rotating|graveyard|double|split|late|early)s? shifts?\b|"
            r"\bshift work\b|\bon[- ]call\b|\bovertime\b|\b(?:work|working|works) (?:\w+ ){0,3}(?:weekends?|"
            r"holidays?|nights|evenings|christmas|saturdays?|sundays?)\b|\bdays off\b"
        )),
        ("balance", 0.5, (
            r"\bwork[- ]life\b|\btime off\b|\bvacations?\b|\bflexib(?:le|ility)\b|\bdeadlines?\b|\bworkload\b|"
            r"\bturnover\b|\bjob security\b|\blaid off\b|\blayoffs?\b|\bseasonal\b|\bon the road\b|"
            r"\bcommut(?:e|ing)\b|\bown (?:hours|schedule)\b|\bmy own boss\b|\bfree time\b|\bwork from home\b"
        )),
        ("away", 0.5, (
            r"\b(?:deploy(?:ed|ments?|s)?|away from (?:home|my family|your family|family)|relocat\w+|"
            r"travel(?:ing|ling|s)? (?:a lot|is|for|about|every|all|around)|move (?:around|every|a lot)|"
            r"moving (?:around|every))\b"
        )),
        ("public-image", 0.6, (
            r"\b(?:people|everyone|everybody|folks|outsiders|the public) (?:\w+ )?(?:think|assume|imagine|"
            r"believe|don't (?:see|reali[sz]e|understand)|have (?:this|the|an) (?:idea|image))\b|"
            r"\bmisconceptions?\b|\bnot (?:as |all |that )?glamorous\b|\bglamorous\b|\bstereotypes?\b|"
            r"\bcontrary to\b|\bisn't (?:all|just) (?:\w+ )?(?:\w+ing|fun|games)\b|\bnot (?:all|"
            r"just) (?:about )?\w+ing\b"
        )),
        ("danger", 0.5, (
            r"\b(?:dangerous|risk(?:s|y)?|injur(?:y|ed|ies)|hazard\w*|unsafe|get hurt|physically (?:demanding|"
            r"hard|tough)|on your feet|on my feet|take (?:it|work|your work) home|bring (?:it|work) home|"
            r"high[- ]pressure|under pressure|lot of pressure|fast[- ]paced)\b"
        )),
        ("be-ready", 0.5, (
            r"\b(?:be (?:ready|prepared|willing) (?:for|to)|expect to (?:work|be|move|travel|spend|start)|"
            r"you're going to have to|comes with the)\b"
        )),
        ("stable", 0.35, r"\b(?:stable|stability|secure|steady (?:work|income)|busy|intense|demanding)\b"),
    ),
    C.SKILLS: (
        ("need", 0.55, (
            r"\b(?:you|they|we|i) (?:\w+ )?(?:need|needs|have|has|'ve got|must|gotta|got) (?:to )?(?:be|have|"
            r"know|learn|understand|get|pass|complete|able|good|strong|a|an) (?:\w+ ){0,4}(?:skills?|degree|"
            r"certif\w+|licen[sc]\w+|training|patien\w+|communicat\w+|knowledge|good at|able to|organi[sz]ed|"
            r"comfortable|disciplined|creative|math|experience|exam|ability|strong|flexible|adaptable)\b"
        )),
        ("require", 0.5, (
            r"\b(?:requires?|required|requirements?|essential|necessary|a must|prerequisite|mandatory)\b"
        )),
        ("skill", 0.45, (
            r"\bskill(?:s|set| set|ed)?\b|\bqualit(?:y|ies) (?:is|are|of|you|that)\b|\btraits?\b"
        )),
        ("paper", 0.4, (
            r"\b(?:licen[sc](?:e|es|ed|ing|ure)|certif(?:ied|ications?|icates?)|qualifications?|accredited|"
            r"credentials?|training|coursework)\b"
        )),
        ("trait", 0.4, (
            r"\b(?:attention to detail|detail[- ]oriented|communication|communicat(?:e|or)s?|patience|"
            r"patient with|organi[sz]ed|problem[- ]solv\w+|people person|people skills|creativ(?:e|ity)|"
            r"adaptab\w+|resilien\w+|empath\w+|teamwork|critical thinking|curiosity|multitask\w*|"
            r"self-motivated|self-disciplin\w*|disciplined?|work ethic|thick skin|humility|common sense|"
            r"compassion\w*|perseverance|leadership)\b"
        )),
        ("able", 0.35, (
            r"\b(?:good|great|strong|comfortable) (?:at|with) \w+|\b(?:be|being) able to\b|"
            r"\bknow(?:ing)? how to\b|\bknowledge of\b|\bproficien\w+|\bfluent\b|\bfamiliar with\b|"
            r"\bbackground in\b|\bunderstanding of\b"
        )),
        ("tool", 0.3, (
            r"\b(?:i|we|you) (?:mostly |mainly |also |still )?use\b|\bsoftware\b|\bprogramming\b|"
            r"\bspreadsheets?\b|\bexcel\b"
        )),
    ),
    C.OUTLOOK: (
        ("demand", 0.6, (
            r"\b(?:(?:in|high|huge|big|growing|lot of|more|less|the) demand|shortages?|job market|"
            r"job openings?|hiring (?:a lot|like|right now|freeze)|not enough (?:people|teachers|nurses|"
            r"workers|\w+ers)|always (?:need|be a need|looking for|be needed|going to need))\b"
        )),
        ("competition", 0.45, (
            r"\b(?:competitive|competition|saturated|hard to (?:get|break|find) (?:a |in|into|your)|"
            r"hundreds of (?:applicants|people)|applicants|few (?:jobs|positions|openings|spots))\b"
        )),
        ("trend", 0.35, (
            r"\b(?:grow(?:ing|th)|shrink(?:ing|s)|declin(?:e|ing)|dying|booming|outsourc\w+|going away|"
            r"disappear\w*|taking over|evolv(?:e|es|ing)|(?:is|are|has|have|been|constantly|always|"
            r"keeps?) (?:\w+ )?chang(?:e|ing|ed))\b"
        )),
        ("machines", 0.4, (
            r"\b(?:ai|a\.i\.|artificial intelligence|automat(?:ion|ed|e|ing)|chatgpt|robots? (?:will|are|"
            r"taking|can)|machine learning|new technolog(?:y|ies))\b"
        )),
        ("future", 0.55, (
            r"\b(?:the future|in the (?:next|coming)|(?:five|ten|20|twenty|10|5) years from now|(?:next|"
            r"coming) (?:\w+ )?(?:years|decade)|down the road|going forward|long[- ]term|won't exist|(?:it|"
            r"there|they|jobs?|people|we)(?:'ll| will) (?:always|never|continue|change|become|need))\b"
        )),
        ("field", 0.3, r"\b(?:the|this|our|my) (?:industry|field|profession|market|business|trade|sector)\b"),
    ),
    C.CULTURE: (
        ("team-is", 0.55, (
            r"\b(?:team|co-?workers?|colleagues|crew|boss(?:es)?|managers?|management|supervisors?|company|"
            r"office|department|staff|people (?:i|we|you) work with|everyone|everybody|folks here|"
            r"leadership)\b.{0,50}\b(?:support\w*|famil(?:y|ies)|friendly|close|respect\w*|cares?|"
            r"collaborat\w*|trusts?|welcoming|diverse|inclusive|toxic|laid[- ]back|relaxed|helps?|helpful|"
            r"open|great|amazing|wonderful|nice|kind|fun|get along)\b"
        )),
        ("bond", 0.55, (
            r"\b(?:camaraderie|culture|like (?:a |one big |my |another |second )?family|brotherhood|"
            r"sisterhood|each other|one another|have your back|got your back|tight-?knit|team effort|"
            r"work environment|atmosphere)\b"
        )),
        ("who-is-there", 0.5, (
            r"\b(?:only (?:woman|girl|female|man|guy|male|black|person)|male[- ]dominated|(?:mostly|all|few|"
            r"more|other) (?:men|women|guys|girls)|women in|diversity|diverse|minorit\w+|inclusion)\b"
        )),
        ("place", 0.45, (
            r"\b(?:remote(?:ly)?|work(?:ing)? from home|in the office|open[- ]plan|hybrid|cubicles?)\b"
        )),
        ("values", 0.45, (
            r"\b(?:mission|values|core value|transparen\w+|we (?:all )?(?:believe|care|value|share)|"
            r"our (?:team|culture|values|mission|goal))\b"
        )),
        ("who", 0.3, (
            r"\b(?:my|our|the) (?:team|co-?workers?|colleagues|boss|manager|crew|supervisors?|department)\b"
        )),
    ),
}  # fmt: skip
