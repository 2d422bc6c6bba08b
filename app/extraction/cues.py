"""Cues: words that speak for a category in an answer, with a weight each. General English, from the meanings only."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from app.extraction.values import Category, Score

C = Category


@dataclass(frozen=True)
class Cue:
    """`weight` is the chance, as judged by hand, that the words alone make the sentence an insight of its kind."""

    name: str
    weight: float
    pattern: re.Pattern[str]


ADVERBS = r"(?:(?:really|just|truly|absolutely|do|still|also|actually|always|definitely|kind of|sort of|honestly|mostly|especially|" \
    r"particularly|personally|probably|genuinely|thoroughly|most) ){0,3}"
NOT_BEFORE = r"(?<!don't )(?<!didn't )(?<!not )(?<!never )(?<!n't really )"
VERY = r"(?:really |very |pretty |so |quite |extremely |incredibly |super |just |always |the most |a bit |kind of |more |too |physically |" \
    r"emotionally |mentally ){0,3}"
FIRST_PAST = r"(?:first |then |actually |originally |eventually |also |just |really |finally |later |always |had |'d |was |never ){0,2}"
LEAD = r"^(?:(?:so|and|but|well|just|yeah|also|first|then|ok|okay|or|please|always|definitely|number \w+|number one|honestly|really),? ){0,3}"

TABLE: Mapping[Category, tuple[tuple[str, float, str], ...]] = {
    C.COMPENSATION: (
        ("pay-word", 0.5, r"\b(?:salar(?:y|ies)|wages?|paychecks?|pay (?:checks?|scales?|grades?|bands?|rates?|raises?|cuts?)|take[- ]home|"
         r"stipends?|pensions?|bonus(?:es)?|six[- ]figures?|compensat(?:ion|ed)|base pay|starting pay|minimum wage|reimburs\w+)\b"),
        ("pay-level", 0.7, r"\b(?:pays?|paid|paying) (?:\w+ )?(?:well|badly|poorly|good|great|decent(?:ly)?|enough|little|more|less|better|"
         r"nothing|the bills|peanuts|by the (?:hour|job|piece|month)|hourly|per|monthly|weekly|every|extra|off)\b(?! (?:my|the|loans?))"),
        ("paid", 0.45, r"\b(?:get|gets|got|getting|are|were|being|be|'re|is|was) (?:\w+ )?paid\b(?! (?:off|attention))|\bunpaid\b"),
        ("earn", 0.4, r"\b(?:earn|earns|earned|earning)\b(?! (?:a|my|his|her|their|your|the|respect|trust) )"),
        ("living", 0.65, r"\bmak(?:e|es|ing) (?:a |good |decent |great |better |more |enough |a lot of |any |much |that |really |very )*(?:money|living)\b"),
        ("the-pay", 0.65, r"\b(?:the|my|your|good|great|decent|low|high|lower|higher|terrible|better|equal) (?:pay|money|salary)\b(?! (?:for|off))"),
        ("package", 0.5, r"\b(?:401 ?\(?k\)?|health (?:insurance|care|benefits)|benefits package|tuition (?:reimbursement|assistance)|paid (?:vacation|"
         r"leave|holidays|time off)|benefits are|good benefits|great benefits|housing allowance|allowances?)\b"),
        ("raise", 0.6, r"\b(?:got|get|gets|gave|give|gives|annual|yearly|pay|percent|%|asked for|ask for) (?:\w+ ){0,2}raises?\b|\bsalary increases?\b"),
        ("split", 0.6, r"\b(?:on|earn|pure|straight|plus|paid|percent|%) commission\b|\bcommission (?:split|based|only|on)\b|\btips\b.{0,30}\b(?:night|shift|hour)\b"),
        ("freelance", 0.45, r"\b(?:income|money) (?:is|can be|varies|goes|fluctuat\w+|depends)\b|\bpay (?:varies|depends|fluctuates)\b|\bfeast or famine\b"),
    ),
    C.TYPICAL_DAY: (
        ("typical", 0.7, r"\b(?:typical|average|normal|usual|regular|given) (?:day|week|shift|morning|afternoon|workday)\b|\bday[- ]to[- ]day\b"),
        ("spend-time", 0.6, r"\b(?:i|we|you)(?:'ll|'d)? " + ADVERBS + r"spend (?:a lot|most|about|half|my|the|maybe|probably|\w+ (?:percent|hours))\b"
         r"|\b(?:most|half|rest|a lot|much|percent|%|quarter|third|bulk|majority) of (?:my|your|our|the (?=day|week|job|work|shift)) ?(?:time|day|week|job|work|shift)\b"),
        ("every-day", 0.4, r"\b(?:every|each) (?:single )?(?:day|morning|week|shift)\b|\b(?:most|some) (?:days|mornings|weeks)\b|\bon a (?:daily|weekly) basis\b|\bdaily\b"),
        ("clock", 0.4, r"\b(?:i|we|you) (?:\w+ )?(?:get in|come in|arrive|start|clock in|wake up|get up|get there|show up|leave|finish|get home|log on)\b"
         r".{0,25}\b(?:at|around|by|about|between|before) (?:\w+ )?(?:[0-9]|five|six|seven|eight|nine|ten|noon)"),
        ("parts-of-day", 0.35, r"\b(?:in the|first thing in the|every|the rest of the) (?:morning|afternoon|evening|day)\b|\b(?:before|after|at) lunch\b"),
        ("habit", 0.3, r"\b(?:i|we|you) (?:usually|typically|generally|normally|mostly|often|then|always|basically|also)\b|\busually\b|\btypically\b"),
        ("duty", 0.5, r"(?<!part of )(?<!thing about )\b(?:my|our|your) (?:main |primary |actual |whole |day )?(?:job|role|work|responsibilit(?:y|ies)|duties|tasks?) (?:is|are|was|"
         r"includes?|involves?|consists?|entails?)\b(?: to| mostly| basically| making| being| a lot)?|\b(?:i'm|i am|we're|you're) (?:responsible for|in charge of)\b"),
        ("duties", 0.35, r"\b(?:i|we|you) (?:do|handle|fix|run|check|meet|manage|write|review|answer|design|build|test|teach|plan|prepare|clean|"
         r"oversee|coordinate|install|repair|inspect|treat|see|assist|schedule|supervise|monitor|maintain|research|analy[sz]e|process|deliver|operate|"
         r"draw|cook|serve|order|load|call|help) (?!not\b)"),
        ("things-dealt-with", 0.25, r"\b(?:meetings?|e-?mails?|phone calls?|paperwork|reports?|rounds|patients|clients|customers|lesson plans|grading|"
         r"inspections?|appointments?|deliveries|orders|tickets)\b"),
        ("routine", 0.2, r"\b(?:you|we|i|they) (?:have|get|go|come|do|make|take|work|start|open|set|put|walk|drive|sit|talk|deal|keep)\b"),
        ("lot-of-it", 0.5, r"\b(?:a lot|most|much|half|some|all|part) of (?:it|the job|the work|my job|what (?:i|we) do) (?:is|involves|comes)\b"),
    ),
    C.ENJOYS: (
        ("love", 0.6, r"\bi(?:'ve)? " + ADVERBS + r"(?:love|enjoy|adore)\b(?! (?:to (?:hear|know|see you|talk))\b)"),
        ("loved", 0.5, r"\bi(?:'ve)? " + ADVERBS + r"(?:loved|enjoyed|liked)\b"),
        ("like", 0.4, r"\bi " + ADVERBS + r"like (?:the|being|that|to|how|working|it|my|when|doing|having|helping|what)\b"),
        ("what-i-like", 0.7, r"\b(?:what|things?|part|bit|stuff|reason)s? (?:that |why )?i " + ADVERBS + r"(?:love|like|enjoy)\b"),
        ("best-part", 0.7, r"\b(?:best|favou?rite|coolest|nicest|most (?:rewarding|fun|enjoyable|satisfying|exciting|interesting|fulfilling)|greatest) "
         r"(?:\w+ )?(?:part|thing|aspect|bit|moments?|days?|feeling|reward)\b"),
        ("rewarding", 0.5, r"(?<!he's )(?<!she's )" + NOT_BEFORE + r"\b(?:rewarding|fulfilling|satisfying|gratifying|joy|proud(?:est)?|takes? pride|passionate|thrill(?:ing|ed)?|blessed)\b"),
        ("pleasant", 0.3, NOT_BEFORE + r"\b(?:fun|exciting|excited|interesting|amazing|wonderful|grateful|lucky|awesome|fantastic|cool|beautiful|happy)\b"),
        ("feels-good", 0.55, r"\b(?:ma(?:kes?|de)|gives?|gave) (?:me|you) (?:feel )?(?:\w+ )?(?:happy|proud|good|smile|want to|energy|joy|satisfaction|purpose|fulfilled)\b"
         r"|\bfeels? (?:really |so |pretty |very )?(?:good|great|amazing|incredible|wonderful|rewarding)\b"),
        ("keeps-going", 0.6, r"\b(?:keeps? me|look(?:ing)? forward to|never gets? (?:old|boring)|makes? it (?:all )?worth|worth it|drives me|motivates me|fell in love)\b"),
        ("good-to-see", 0.5, r"\b(?:see(?:ing)?|watch(?:ing)?|help(?:ing)?) (?:\w+ ){1,5}(?:light up|grow|smile|succeed|get better|improve|learn|thrive|happy|come to life)\b"),
        ("make-difference", 0.5, r"\b(?:mak(?:e|ing) (?:a|the|that) (?:\w+ )?(?:difference|impact)|giv(?:e|ing) back|help(?:ing)? (?:people|others|kids|families|someone))\b"),
    ),
    C.DISLIKES: (
        ("worst-part", 0.75, r"\b(?:hardest|worst|toughest|most (?:difficult|challenging|frustrating|stressful|annoying|exhausting)|least (?:favou?rite|fun|enjoyable)|"
         r"biggest (?:challenge|struggle|frustration|downside|complaint|headache|drawback|problem|difficulty)|hard part)\b"),
        ("hate", 0.65, r"\bi(?:'ve)? " + ADVERBS + r"(?:hate[ds]?|dislike[ds]?|dread(?:ed)?|can't stand|despise|struggle[ds]? with|get tired of|am tired of|get frustrated)\b"),
        ("not-like", 0.6, r"\b(?:i|you|we) (?:\w+ )?(?:don't|do not|didn't) (?:really |particularly |necessarily |always )?(?:like|love|enjoy|care for|look forward)\b|\bnot a (?:big |huge )?fan\b"),
        ("feeling", 0.5, r"\b(?:frustrat(?:ing|ed|ions?)|stress(?:ful|ed|ors?)?|exhaust(?:ing|ed)|draining|tedious|annoy(?:ing|s|ed)|overwhelm(?:ing|ed)?|burn(?:ed|t)?[- ]?out|"
         r"demorali[sz]\w+|lonely|isolating|heartbreaking|thankless|scary|terrif\w+|nerve-?wracking|intimidating|miserable|depressing|discouraging|monotonous|gruell?ing)\b"),
        ("burden", 0.45, r"\b(?:downsides?|drawbacks?|trade-?offs?|headaches?|a (?:pain|grind|slog|struggle)|challeng(?:es?|ing)|struggles?|red tape|bureaucra\w+|boring|sacrifices?)\b"),
        ("hard", 0.45, r"\b(?:it's|it is|it was|it can be|it gets|that's|is|was|are|can be|gets) " + VERY + r"(?:hard|tough|difficult|rough|tiring|scary|sad)\b"),
        ("toll", 0.6, r"\b(?:wears? (?:on )?(?:you|me)|takes? (?:its|a|an) (?:\w+ )?toll|hard on (?:your|the|my) \w+|miss(?:ing|ed)? (?:my|your|out on|their) "
         r"(?:\w+ )?(?:family|kids|birthdays?|holidays?|wife|husband|children|friends)|being away|kills me|sucks?)\b"),
    ),
    C.EXPECTATIONS: (
        ("hours", 0.6, r"\b(?:[0-9]+|\w+) hours? (?:a|per|each|every) (?:day|week|night)\b|\b(?:[0-9]+|\w+)[- ]hour (?:days?|shifts?|weeks?)\b|\b(?:long|late|early|crazy|"
         r"odd|flexible|regular|set|unpredictable|irregular|normal|weird|extra) hours\b|\bnine to five\b|\b9[- ]to[- ]5\b|\bhours (?:are|can be|were)\b"),
        ("shifts", 0.5, r"\b(?:night|day|evening|weekend|rotating|graveyard|double|split|late|early)s? shifts?\b|\bshift work\b|\bon[- ]call\b|\bovertime\b|"
         r"\b(?:work|working|works) (?:\w+ ){0,3}(?:weekends?|holidays?|nights|evenings|christmas|saturdays?|sundays?)\b|\bdays off\b"),
        ("balance", 0.5, r"\bwork[- ]life\b|\btime off\b|\bvacations?\b|\bflexib(?:le|ility)\b|\bdeadlines?\b|\bworkload\b|\bturnover\b|\bjob security\b|\blaid off\b|\blayoffs?\b|"
         r"\bseasonal\b|\bon the road\b|\bcommut(?:e|ing)\b|\bown (?:hours|schedule)\b|\bmy own boss\b|\bfree time\b|\bwork from home\b"),
        ("away", 0.5, r"\b(?:deploy(?:ed|ments?|s)?|away from (?:home|my family|your family|family)|relocat\w+|travel(?:ing|ling|s)? (?:a lot|is|for|about|every|all|around)|"
         r"move (?:around|every|a lot)|moving (?:around|every))\b"),
        ("public-image", 0.6, r"\b(?:people|everyone|everybody|folks|outsiders|the public) (?:\w+ )?(?:think|assume|imagine|believe|don't (?:see|reali[sz]e|understand)|have (?:this|the|an) (?:idea|image))\b|"
         r"\bmisconceptions?\b|\bnot (?:as |all |that )?glamorous\b|\bglamorous\b|\bstereotypes?\b|\bcontrary to\b|\bisn't (?:all|just) (?:\w+ )?(?:\w+ing|fun|games)\b|\bnot (?:all|just) (?:about )?\w+ing\b"),
        ("danger", 0.5, r"\b(?:dangerous|risk(?:s|y)?|injur(?:y|ed|ies)|hazard\w*|unsafe|get hurt|physically (?:demanding|hard|tough)|on your feet|on my feet|take (?:it|work|your work) home|"
         r"bring (?:it|work) home|high[- ]pressure|under pressure|lot of pressure|fast[- ]paced)\b"),
        ("be-ready", 0.5, r"\b(?:be (?:ready|prepared|willing) (?:for|to)|expect to (?:work|be|move|travel|spend|start)|you're going to have to|comes with the)\b"),
        ("stable", 0.35, r"\b(?:stable|stability|secure|steady (?:work|income)|busy|intense|demanding)\b"),
    ),
    C.WISH_KNOWN: (
        ("wish", 0.85, r"\b(?:wish(?:ed)?) (?:that )?(?:i(?:'d)?|someone|somebody|they|we|people) (?:had |would have |would've |'d |have )?(?:\w+ )?(?:known|knew|learn(?:ed|t)|told|understood|"
         r"started|reali[sz]ed|taken|done|spent|asked|said|gone|been|focused|paid|gotten|kept|saved|studied|found|listened|warned)\b"),
        ("nobody-told", 0.75, r"\b(?:nobody|no one|they don't|they never|no-one) (?:ever |really )?(?:told|tells?|warned|warns|explained|mentions?|mentioned|teach(?:es)?|taught|prepares?|prepared) (?:me|you)\b"),
        ("surprise", 0.5, r"\b(?:surpris(?:ed me|es me|ed by|ed at|ed how|ed that|ing)|i was (?:\w+ )?surprised|caught me off guard|had no idea|shock(?:ed|ing)?|eye[- ]opening|blew my mind|"
         r"i (?:really )?(?:didn't|did not|never) (?:expect(?:ed)?|reali[sz]ed?|anticipated?|thought|imagined?|appreciate)|hadn't (?:expected|reali[sz]ed))\b"),
        ("regret", 0.65, r"\b(?:regret(?:s|ted)?|(?:biggest|big|first|rookie) mistakes?|my mistake|(?:looking|when i look) back|in hindsight|in retrospect|learned the hard way|hard lesson)\b"),
        ("again", 0.7, r"\bif i (?:could|had to|were to|was to|had) (?:go back|do it|start|redo|known|knew|have)\b|\bi(?:'d| would)(?: have|'ve)? (?:done|do) (?:it |things |that |something )?"
         r"(?:\w+ )?differently\b|\bi (?:should|could)(?:'ve| have)\b|\bi (?:really )?(?:should|wish i)(?:'ve| have)\b"),
        ("used-to-think", 0.5, r"\bi (?:used to think|always thought|thought (?:it|that it|i) (?:would|was going))\b|\bi (?:would|wish i would)(?:'ve| have) (?:liked|told|started|asked|tried)\b"),
    ),
    C.ADVICE: (
        ("should", 0.6, r"\byou(?:'d)? (?:really |definitely |also |just |probably )?(?:should(?:n't)?|ought to|might want to|may want to|better)\b|\byou (?:really |definitely |also |just )?(?:wanna|want to) (?:make sure|find|start|look|try|get|have)\b"),
        ("recommend", 0.7, r"\bi(?:'d| would|'ll)? (?:always |also |definitely |really |highly |strongly |just |probably )*(?:recommend|suggest|advise|encourage|urge)\b|"
         r"\bi(?:'d| would) (?:\w+ )?(?:tell|say to) (?:someone|anyone|people|them|anybody|young|students|you|my|a|any)\b|\b(?:my|one|best|piece of|biggest) (?:\w+ )?(?:advice|recommendation|suggestion|tip)\b"),
        ("imperative", 0.45, LEAD + r"(?:try|get|find|go|start|talk|learn|ask|keep|make sure|be|take|read|build|practi[cs]e|network|reach out|apply|stay|work|don't|do not|"
         r"never|remember|consider|volunteer|shadow|research|study|focus|listen|follow|join|use|have|give|save|seek|surround|put|know|trust|believe|let|enjoy|figure out|look (?:for|into|at)|do (?:your|it|what|a|as|the)) (?!me\b)"),
        ("best-way", 0.55, r"\b(?:best|great|good|easiest|only|smartest) (?:way|thing|place|route) (?:in|to|you can|is|for)\b|\b(?:the|a) (?:key|trick|secret|important thing) is\b|\bmake sure (?:you|to|that|your)\b"),
        ("if-you-want", 0.35, r"\bif you(?:'re| are)? (?:\w+ )?(?:want|wanna|interested|thinking|considering|looking|trying|serious|can|have the|like|love)\b"),
        ("dont", 0.4, r"\bdon't (?:be|get|give|let|try|worry|think|wait|ever|just|go|take|feel|forget|rush|settle|compare)\b|\bget as (?:much|many)\b|\bdo(?:n't| not) be afraid\b"),
        ("say-advice", 0.4, r"\bi(?:'d| would) (?:just |probably |definitely )?say (?:to |that |you |just |go|get|be|don't|try|start|find)\b"),
    ),
    C.CAREER_PATH: (
        ("own-step", 0.45, r"\bi " + FIRST_PAST + r"(?:started|began|became|joined|graduated|studied|majored|worked|moved|transferred|switched|applied|decided|enlisted|interned|apprenticed|trained|taught|left|quit|"
         r"landed|volunteered|earned (?:my|a)|completed|attended|enrolled|dropped out|got (?:a job|my|into|hired|promoted|the job|out of|accepted|started)|went (?:to|into|back|through|from|on to)|"
         r"took (?:a|the|over)|hired|promoted|working|offered|opened|founded|ran)\b"),
        ("got-into", 0.6, r"\b(?:i|me|i've|we)(?: \w+){0,2} (?:got|get|getting|gotten)(?: \w+)? (?:into|started in|interested in|involved)\b|\bgot me (?:\w+ )?(?:into|interested)\b|\bi (?:\w+ )?(?:fell into|ended up)\b|\bcareer (?:change|switch|path)\b|\bpromot(?:ed|ion)\b|\bmy way up\b|\bstumbled\b"),
        ("schooling", 0.4, r"\b(?:my|a|an) (?:\w+ )?(?:first (?:job|position|role|gig)|degree|bachelor'?s?|master'?s?|ph\.?d|internship|apprenticeship|major|minor|doctorate)\b|"
         r"\bgrad(?:uate)? school\b|\bundergrad\w*\b|\b(?:right |straight )?out of (?:school|college|high school|university)\b|\bin (?:college|high school|university)\b|\bmajor(?:ed|ing)? in\b"),
        ("time", 0.3, r"\b(?:[0-9]+|\w+) years (?:ago|later|in|as|at|of|now)\b|\bfor (?:about |over |almost |nearly )?(?:[0-9]+|\w+) years\b|\b(?:in|since|back in|until) (?:19|20)[0-9][0-9]\b"),
        ("origin", 0.45, r"\b(?:growing up|as a (?:kid|child)|when i was (?:a|in|little|young|about|[0-9]+|\w+teen)|always (?:wanted|knew|dreamed)|inspired me|wanted to (?:be|become|do|go)|my (?:dad|mom|father|mother|uncle|aunt) "
         r"(?:was|is|had|worked))\b"),
        ("been", 0.5, r"\bi(?:'ve| have) been (?:a|an|in|doing|working|teaching|with|at|here|\w+ing)\b"),
        ("ladder", 0.45, r"\b(?:you|people|most \w+) (?:\w+ )?(?:start|begin|come in|progress|move up|advance|work your way|get promoted)\b.{0,80}\b(?:then|become|to|after|up)\b"),
        ("past", 0.2, r"\bi(?:'d| had)? " + FIRST_PAST + r"(?:was|were|did|went|took|found|got|met|knew|saw|wanted|thought|needed|came|made|had|tried|heard|told|asked|became|loved|lived|spent|grew)\b|\bback then\b|\bat the time\b"),
    ),
    C.SKILLS: (
        ("need", 0.55, r"\b(?:you|they|we|i) (?:\w+ )?(?:need|needs|have|has|'ve got|must|gotta|got) (?:to )?(?:be|have|know|learn|understand|get|pass|complete|able|good|strong|a|an) "
         r"(?:\w+ ){0,4}(?:skills?|degree|certif\w+|licen[sc]\w+|training|patien\w+|communicat\w+|knowledge|good at|able to|organi[sz]ed|comfortable|disciplined|creative|math|experience|exam|ability|strong|flexible|adaptable)\b"),
        ("require", 0.5, r"\b(?:requires?|required|requirements?|essential|necessary|a must|prerequisite|mandatory)\b"),
        ("skill", 0.45, r"\bskill(?:s|set| set|ed)?\b|\bqualit(?:y|ies) (?:is|are|of|you|that)\b|\btraits?\b"),
        ("paper", 0.4, r"\b(?:licen[sc](?:e|es|ed|ing|ure)|certif(?:ied|ications?|icates?)|qualifications?|accredited|credentials?|training|coursework)\b"),
        ("trait", 0.4, r"\b(?:attention to detail|detail[- ]oriented|communication|communicat(?:e|or)s?|patience|patient with|organi[sz]ed|problem[- ]solv\w+|people person|people skills|creativ(?:e|ity)|adaptab\w+|resilien\w+|empath\w+|"
         r"teamwork|critical thinking|curiosity|multitask\w*|self-motivated|self-disciplin\w*|disciplined?|work ethic|thick skin|humility|common sense|compassion\w*|perseverance|leadership)\b"),
        ("able", 0.35, r"\b(?:good|great|strong|comfortable) (?:at|with) \w+|\b(?:be|being) able to\b|\bknow(?:ing)? how to\b|\bknowledge of\b|\bproficien\w+|\bfluent\b|\bfamiliar with\b|\bbackground in\b|\bunderstanding of\b"),
        ("tool", 0.3, r"\b(?:i|we|you) (?:mostly |mainly |also |still )?use\b|\bsoftware\b|\bprogramming\b|\bspreadsheets?\b|\bexcel\b"),
    ),
    C.OUTLOOK: (
        ("demand", 0.6, r"\b(?:(?:in|high|huge|big|growing|lot of|more|less|the) demand|shortages?|job market|job openings?|hiring (?:a lot|like|right now|freeze)|not enough (?:people|teachers|nurses|workers|\w+ers)|"
         r"always (?:need|be a need|looking for|be needed|going to need))\b"),
        ("competition", 0.45, r"\b(?:competitive|competition|saturated|hard to (?:get|break|find) (?:a |in|into|your)|hundreds of (?:applicants|people)|applicants|few (?:jobs|positions|openings|spots))\b"),
        ("trend", 0.35, r"\b(?:grow(?:ing|th)|shrink(?:ing|s)|declin(?:e|ing)|dying|booming|outsourc\w+|going away|disappear\w*|taking over|evolv(?:e|es|ing)|(?:is|are|has|have|been|constantly|always|keeps?) (?:\w+ )?chang(?:e|ing|ed))\b"),
        ("machines", 0.4, r"\b(?:ai|a\.i\.|artificial intelligence|automat(?:ion|ed|e|ing)|chatgpt|robots? (?:will|are|taking|can)|machine learning|new technolog(?:y|ies))\b"),
        ("future", 0.55, r"\b(?:the future|in the (?:next|coming)|(?:five|ten|20|twenty|10|5) years from now|(?:next|coming) (?:\w+ )?(?:years|decade)|down the road|going forward|long[- ]term|won't exist|(?:it|there|they|jobs?|people|we)(?:'ll| will) (?:always|never|continue|change|become|need))\b"),
        ("field", 0.3, r"\b(?:the|this|our|my) (?:industry|field|profession|market|business|trade|sector)\b"),
    ),
    C.CULTURE: (
        ("team-is", 0.55, r"\b(?:team|co-?workers?|colleagues|crew|boss(?:es)?|managers?|management|supervisors?|company|office|department|staff|people (?:i|we|you) work with|everyone|everybody|folks here|leadership)\b"
         r".{0,50}\b(?:support\w*|famil(?:y|ies)|friendly|close|respect\w*|cares?|collaborat\w*|trusts?|welcoming|diverse|inclusive|toxic|laid[- ]back|relaxed|helps?|helpful|open|great|amazing|wonderful|nice|kind|fun|get along)\b"),
        ("bond", 0.55, r"\b(?:camaraderie|culture|like (?:a |one big |my |another |second )?family|brotherhood|sisterhood|each other|one another|have your back|got your back|tight-?knit|team effort|work environment|atmosphere)\b"),
        ("who-is-there", 0.5, r"\b(?:only (?:woman|girl|female|man|guy|male|black|person)|male[- ]dominated|(?:mostly|all|few|more|other) (?:men|women|guys|girls)|women in|diversity|diverse|minorit\w+|inclusion)\b"),
        ("place", 0.45, r"\b(?:remote(?:ly)?|work(?:ing)? from home|in the office|open[- ]plan|hybrid|cubicles?)\b"),
        ("values", 0.45, r"\b(?:mission|values|core value|transparen\w+|we (?:all )?(?:believe|care|value|share)|our (?:team|culture|values|mission|goal))\b"),
        ("who", 0.3, r"\b(?:my|our|the) (?:team|co-?workers?|colleagues|boss|manager|crew|supervisors?|department)\b"),
    ),
}  # fmt: skip
CUES: Mapping[Category, tuple[Cue, ...]] = {
    category: tuple(Cue(name, weight, re.compile(pattern, re.IGNORECASE)) for name, weight, pattern in rows)
    for category, rows in TABLE.items()
}
UNREAL = re.compile(
    r"\bif i (?:had|won|were) (?:a |the )?(?:million|billion|lottery|rich|unlimited|magic)|\bfor free\b|\bjust kidding\b|\blottery\b",
    re.IGNORECASE,
)


def weigh(text: str) -> dict[Category, list[tuple[float, str]]]:
    """Every cue in one sentence: (weight, name) per category. Apostrophes must be straight."""
    found: dict[Category, list[tuple[float, str]]] = {}
    for category, cues in CUES.items():
        hits = [(cue.weight, f"cue:{cue.name}") for cue in cues if cue.pattern.search(text)]
        if hits:
            found[category] = hits
    return found


def combined(hits: list[tuple[float, str]]) -> Score:
    """Independent reasons together: one minus the chance that each of them misleads."""
    doubt = 1.0
    for weight, _ in hits:
        doubt *= 1 - weight
    names = [name for _, name in sorted(hits, key=lambda hit: (-hit[0], hit[1]))]
    return Score(round(1 - doubt, 4), tuple(names))
