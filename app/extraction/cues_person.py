"""Cues for what the speaker feels, learned, did and would tell a newcomer."""

from collections.abc import Mapping

from app.extraction.values import Category

C = Category

# (name, weight, pattern); <words in angle brackets> are spelt out in cues.py. Adding a row needs no code.
TABLE: Mapping[Category, tuple[tuple[str, float, str], ...]] = {
    C.ENJOYS: (
        ("love", 0.6, r"\bi(?:'ve)? <adverbs>(?:love|enjoy|adore)\b(?! (?:to (?:hear|know|see you|talk))\b)"),
        ("loved", 0.5, r"\bi(?:'ve)? <adverbs>(?:loved|enjoyed|liked)\b"),
        ("like", 0.4, (
            r"\bi <adverbs>like (?:the|being|that|to|how|working|it|my|when|doing|having|helping|what)\b"
        )),
        ("what-i-like", 0.7, (
            r"\b(?:what|things?|part|bit|stuff|reason)s? (?:that |why )?i <adverbs>(?:love|like|enjoy)\b"
        )),
        ("best-part", 0.7, (
            r"\b(?:best|favou?rite|coolest|nicest|most (?:rewarding|fun|enjoyable|satisfying|exciting|"
            r"interesting|fulfilling)|greatest) (?:\w+ )?(?:part|thing|aspect|bit|moments?|days?|feeling|"
            r"reward)\b"
        )),
        ("rewarding", 0.5, (
            r"(?<!he's )(?<!she's )<not-negated>\b(?:rewarding|fulfilling|satisfying|gratifying|joy|"
            r"proud(?:est)?|takes? pride|passionate|thrill(?:ing|ed)?|blessed)\b"
        )),
        ("pleasant", 0.3, (
            r"<not-negated>\b(?:fun|exciting|excited|interesting|amazing|wonderful|grateful|lucky|awesome|"
            r"fantastic|cool|beautiful|happy)\b"
        )),
        ("feels-good", 0.55, (
            r"\b(?:ma(?:kes?|de)|gives?|gave) (?:me|you) (?:feel )?(?:\w+ )?(?:happy|proud|good|smile|want to|"
            r"energy|joy|satisfaction|purpose|fulfilled)\b|\bfeels? (?:really |so |pretty |very )?(?:good|"
            r"great|amazing|incredible|wonderful|rewarding)\b"
        )),
        ("keeps-going", 0.6, (
            r"\b(?:keeps? me|look(?:ing)? forward to|never gets? (?:old|boring)|makes? it (?:all )?worth|"
            r"worth it|drives me|motivates me|fell in love)\b"
        )),
        ("good-to-see", 0.5, (
            r"\b(?:see(?:ing)?|watch(?:ing)?|help(?:ing)?) (?:\w+ ){1,5}(?:light up|grow|smile|succeed|"
            r"get better|improve|learn|thrive|happy|come to life)\b"
        )),
        ("make-difference", 0.5, (
            r"\b(?:mak(?:e|ing) (?:a|the|that) (?:\w+ )?(?:difference|impact)|giv(?:e|ing) back|"
            r"help(?:ing)? (?:people|others|kids|families|someone))\b"
        )),
    ),
    C.DISLIKES: (
        ("worst-part", 0.75, (
            r"\b(?:hardest|worst|toughest|most (?:difficult|challenging|frustrating|stressful|annoying|"
            r"exhausting)|least (?:favou?rite|fun|enjoyable)|biggest (?:challenge|struggle|frustration|"
            r"downside|complaint|headache|drawback|problem|difficulty)|hard part)\b"
        )),
        ("hate", 0.65, (
            r"\bi(?:'ve)? <adverbs>(?:hate[ds]?|dislike[ds]?|dread(?:ed)?|can't stand|despise|"
            r"struggle[ds]? with|get tired of|am tired of|get frustrated)\b"
        )),
        ("not-like", 0.6, (
            r"\b(?:i|you|we) (?:\w+ )?(?:don't|do not|didn't) (?:really |particularly |necessarily |"
            r"always )?(?:like|love|enjoy|care for|look forward)\b|\bnot a (?:big |huge )?fan\b"
        )),
        ("feeling", 0.5, (
            r"\b(?:frustrat(?:ing|ed|ions?)|stress(?:ful|ed|ors?)?|exhaust(?:ing|ed)|draining|tedious|"
            r"annoy(?:ing|s|ed)|overwhelm(?:ing|ed)?|burn(?:ed|t)?[- ]?out|demorali[sz]\w+|lonely|isolating|"
            r"heartbreaking|thankless|scary|terrif\w+|nerve-?wracking|intimidating|miserable|depressing|"
            r"discouraging|monotonous|gruell?ing)\b"
        )),
        ("burden", 0.45, (
            r"\b(?:downsides?|drawbacks?|trade-?offs?|headaches?|a (?:pain|grind|slog|struggle)|"
            r"challeng(?:es?|ing)|struggles?|red tape|bureaucra\w+|boring|sacrifices?)\b"
        )),
        ("hard", 0.45, (
            r"\b(?:it's|it is|it was|it can be|it gets|that's|is|was|are|can be|gets) <very>(?:hard|tough|"
            r"difficult|rough|tiring|scary|sad)\b"
        )),
        ("toll", 0.6, (
            r"\b(?:wears? (?:on )?(?:you|me)|takes? (?:its|a|an) (?:\w+ )?toll|hard on (?:your|the|my) \w+|"
            r"miss(?:ing|ed)? (?:my|your|out on|their) (?:\w+ )?(?:family|kids|birthdays?|holidays?|wife|"
            r"husband|children|friends)|being away|kills me|sucks?)\b"
        )),
    ),
    C.WISH_KNOWN: (
        ("wish", 0.85, (
            r"\b(?:wish(?:ed)?) (?:that )?(?:i(?:'d)?|someone|somebody|they|we|people) (?:had |would have |"
            r"would've |'d |have )?(?:\w+ )?(?:known|knew|learn(?:ed|t)|told|understood|started|reali[sz]ed|"
            r"taken|done|spent|asked|said|gone|been|focused|paid|gotten|kept|saved|studied|found|listened|"
            r"warned)\b"
        )),
        ("nobody-told", 0.75, (
            r"\b(?:nobody|no one|they don't|they never|no-one) (?:ever |really )?(?:told|tells?|warned|warns|"
            r"explained|mentions?|mentioned|teach(?:es)?|taught|prepares?|prepared) (?:me|you)\b"
        )),
        ("surprise", 0.5, (
            r"\b(?:surpris(?:ed me|es me|ed by|ed at|ed how|ed that|ing)|i was (?:\w+ )?surprised|"
            r"caught me off guard|had no idea|shock(?:ed|ing)?|eye[- ]opening|blew my mind|"
            r"i (?:really )?(?:didn't|did not|never) (?:expect(?:ed)?|reali[sz]ed?|anticipated?|thought|"
            r"imagined?|appreciate)|hadn't (?:expected|reali[sz]ed))\b"
        )),
        ("regret", 0.65, (
            r"\b(?:regret(?:s|ted)?|(?:biggest|big|first|rookie) mistakes?|my mistake|(?:looking|"
            r"when i look) back|in hindsight|in retrospect|learned the hard way|hard lesson)\b"
        )),
        ("again", 0.7, (
            r"\bif i (?:could|had to|were to|was to|had) (?:go back|do it|start|redo|known|knew|have)\b|"
            r"\bi(?:'d| would)(?: have|'ve)? (?:done|do) (?:it |things |that |"
            r"something )?(?:\w+ )?differently\b|\bi (?:should|could)(?:'ve| have)\b|"
            r"\bi (?:really )?(?:should|wish i)(?:'ve| have)\b"
        )),
        ("used-to-think", 0.5, (
            r"\bi (?:used to think|always thought|thought (?:it|that it|i) (?:would|was going))\b|"
            r"\bi (?:would|wish i would)(?:'ve| have) (?:liked|told|started|asked|tried)\b"
        )),
    ),
    C.ADVICE: (
        ("should", 0.6, (
            r"\byou(?:'d)? (?:really |definitely |also |just |probably )?(?:should(?:n't)?|ought to|"
            r"might want to|may want to|better)\b|\byou (?:really |definitely |also |just )?(?:wanna|"
            r"want to) (?:make sure|find|start|look|try|get|have)\b"
        )),
        ("recommend", 0.7, (
            r"\bi(?:'d| would|'ll)? (?:always |also |definitely |really |highly |strongly |just |"
            r"probably )*(?:recommend|suggest|advise|encourage|urge)\b|\bi(?:'d| would) (?:\w+ )?(?:tell|"
            r"say to) (?:someone|anyone|people|them|anybody|young|students|you|my|a|any)\b|\b(?:my|one|best|"
            r"piece of|biggest) (?:\w+ )?(?:advice|recommendation|suggestion|tip)\b"
        )),
        ("imperative", 0.45, (
            r"<lead>(?:try|get|find|go|start|talk|learn|ask|keep|make sure|be|take|read|build|practi[cs]e|"
            r"network|reach out|apply|stay|work|don't|do not|never|remember|consider|volunteer|shadow|"
            r"research|study|focus|listen|follow|join|use|have|give|save|seek|surround|put|know|trust|believe|"
            r"let|enjoy|figure out|look (?:for|into|at)|do (?:your|it|what|a|as|the)) (?!me\b)"
        )),
        ("best-way", 0.55, (
            r"\b(?:best|great|good|easiest|only|smartest) (?:way|thing|place|route) (?:in|to|you can|is|"
            r"for)\b|\b(?:the|a) (?:key|trick|secret|important thing) is\b|\bmake sure (?:you|to|that|your)\b"
        )),
        ("if-you-want", 0.35, (
            r"\bif you(?:'re| are)? (?:\w+ )?(?:want|wanna|interested|thinking|considering|looking|trying|"
            r"serious|can|have the|like|love)\b"
        )),
        ("dont", 0.4, (
            r"\bdon't (?:be|get|give|let|try|worry|think|wait|ever|just|go|take|feel|forget|rush|settle|"
            r"compare)\b|\bget as (?:much|many)\b|\bdo(?:n't| not) be afraid\b"
        )),
        ("say-advice", 0.4, (
            r"\bi(?:'d| would) (?:just |probably |definitely )?say (?:to |that |you |just |go|get|be|don't|"
            r"try|start|find)\b"
        )),
    ),
    C.CAREER_PATH: (
        ("own-step", 0.45, (
            r"\bi <past-adverbs>(?:started|began|became|joined|graduated|studied|majored|worked|moved|"
            r"transferred|switched|applied|decided|enlisted|interned|apprenticed|trained|taught|left|quit|"
            r"landed|volunteered|earned (?:my|a)|completed|attended|enrolled|dropped out|got (?:a job|my|into|"
            r"hired|promoted|the job|out of|accepted|started)|went (?:to|into|back|through|from|on to)|"
            r"took over|took (?:a|the) (?:\w+ )?(?:job|position|role|course|class|year|break|leave|chance|"
            r"offer|internship|cut)|hired|promoted|working|offered|opened|founded|ran)\b"
        )),
        ("got-into", 0.6, (
            r"\b(?:i|me|i've|we)(?: \w+){0,2} (?:got|get|getting|gotten)(?: \w+)? (?:into|started in|"
            r"interested in|involved)\b|\bgot me (?:\w+ )?(?:into|interested)\b|\bi (?:\w+ )?(?:fell into|"
            r"ended up)\b|\bcareer (?:change|switch|path)\b|\bpromot(?:ed|ion)\b|\bmy way up\b|\bstumbled\b"
        )),
        ("schooling", 0.4, (
            r"\b(?:my|a|an) (?:\w+ )?(?:first (?:job|position|role|gig)|degree|bachelor'?s?|master'?s?|ph\.?d|"
            r"internship|apprenticeship|major|minor|doctorate)\b|\bgrad(?:uate)? school\b|\bundergrad\w*\b|"
            r"\b(?:right |straight )?out of (?:school|college|high school|university)\b|\bin (?:college|"
            r"high school|university)\b|\bmajor(?:ed|ing)? in\b"
        )),
        ("time", 0.3, (
            r"\b(?:[0-9]+|\w+) years (?:ago|later|in|as|at|of|now)\b|\bfor (?:about |over |almost |"
            r"nearly )?(?:[0-9]+|\w+) years\b|\b(?:in|since|back in|until) (?:19|20)[0-9][0-9]\b"
        )),
        ("origin", 0.45, (
            r"\b(?:growing up|as a (?:kid|child)|when i was (?:a|in|little|young|about|[0-9]+|\w+teen)|"
            r"always (?:wanted|knew|dreamed)|inspired me|wanted to (?:be|become|do|go)|my (?:dad|mom|father|"
            r"mother|uncle|aunt) (?:was|is|had|worked))\b"
        )),
        ("been", 0.5, r"\bi(?:'ve| have) been (?:a|an|in|doing|working|teaching|with|at|here|\w+ing)\b"),
        ("ladder", 0.45, (
            r"\b(?:you|people|most \w+) (?:\w+ )?(?:start|begin|come in|progress|move up|advance|"
            r"work your way|get promoted)\b.{0,80}\b(?:then|become|to|after|up)\b"
        )),
        ("past", 0.2, (
            r"\bi(?:'d| had)? <past-adverbs>(?:was|were|did|went|took|found|got|met|knew|saw|wanted|thought|"
            r"needed|came|made|had|tried|heard|told|asked|became|loved|lived|spent|grew)\b|\bback then\b|"
            r"\bat the time\b"
        )),
    ),
}  # fmt: skip
