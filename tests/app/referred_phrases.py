"""Phrases of ours in which the listener is sent to somebody, or is not, with whom extraction should find.

All were written before the first pattern. `EXAMPLES` are what the patterns were made for. `TUNING` and `HELD_OUT` are
another set, dealt out in turns: the misses of the first were read when the patterns were mended, those of the others
never.
"""

from dataclasses import dataclass

WHO_ELSE = "Is there anybody else I should talk to?"


@dataclass(frozen=True)
class Phrase:
    """`expected`: (name, role, organisation, offered) of everybody the listener is sent to, in any order."""

    quote: str
    expected: tuple[tuple[str | None, str | None, str | None, str], ...] = ()
    question: str = ""
    before: str = ""
    after: str = ""


R, I, C = "recommendation", "introduction", "contact_details"  # noqa: E741  the columns of a table

SENDING = (
    Phrase(
        "You should talk to Priya Raman, our head of design.",
        (("Priya Raman", "our head of design", None, R),),
    ),
    Phrase("I can introduce you to my colleague Dan.", (("Dan", "my colleague", None, I),)),
    Phrase(
        "There's a guy named Luis over at Northwind Labs, definitely reach out to him.",
        (("Luis", None, "Northwind Labs", R),),
    ),
    Phrase("I'd talk to Dr. Okafor in the burn unit.", (("Dr. Okafor", None, "the burn unit", R),)),
    Phrase(
        "I have a friend who runs a bakery, and I could connect you two.",
        ((None, "a friend who runs a bakery", None, I),),
    ),
    Phrase("My old boss would be a great person to talk to.", ((None, "My old boss", None, R),)),
    Phrase("You could join the local guild.", ((None, None, "the local guild", R),)),
    Phrase("Get in touch with the state nurses' association.", ((None, None, "the state nurses' association", R),)),
    Phrase(
        "I'll send you her number.",
        (("Ana", "My sister", None, C),),
        before="My sister Ana teaches welding.",
    ),
    Phrase(
        "Talk to Marta Lindqvist and Joel Pham, they both made the switch.",
        (("Marta Lindqvist", None, None, R), ("Joel Pham", None, None, R)),
    ),
    Phrase(
        "Let me put you in touch with our registrar and with Tomas from the conservation studio.",
        ((None, "our registrar", None, I), ("Tomas", None, "the conservation studio", I)),
    ),
    Phrase("Priya would love to chat with you.", (("Priya", None, None, R),)),
    Phrase(
        "The person to ask is Beatrice Njoroge at Harbor Freight Theater.",
        (("Beatrice Njoroge", None, "Harbor Freight Theater", R),),
    ),
    Phrase("I can give you Ravi's email.", (("Ravi", None, None, C),)),
    Phrase(
        "you should talk to a woman named odile she runs the seed library",
        (("odile", "runs the seed library", None, R),),
    ),
    Phrase(
        "i can introduce you to my old boss at northwind labs",
        ((None, "my old boss", "northwind labs", I),),
    ),
    Phrase("talk to dr okafor if you can", (("dr okafor", None, None, R),)),
    Phrase("my colleague dan could tell you more about that", (("dan", "my colleague", None, R),)),
    Phrase("My cousin Theo, he's a pilot.", (("Theo", "My cousin", None, R),), question=WHO_ELSE),
    Phrase("Priya Raman, for sure.", (("Priya Raman", None, None, R),), question=WHO_ELSE),
    Phrase("One of our apprentices would be happy to talk to you.", ((None, "One of our apprentices", None, R),)),
    Phrase(
        "I can connect you with somebody in our HR department.",
        ((None, "somebody in our HR department", None, I),),
    ),
    Phrase(
        "I know a woman who restores harpsichords, and you should really call her.",
        ((None, "a woman who restores harpsichords", None, R),),
    ),
    Phrase(
        "I'd be happy to introduce you to the head of props at the Lantern Theatre.",
        ((None, "the head of props", "the Lantern Theatre", I),),
    ),
    Phrase(
        "Ask for Wendell when you call, he's the dock foreman.",
        (("Wendell", "the dock foreman", None, R),),
    ),
    Phrase(
        "My friend Ines works at Blue Harbor Radio. I can make an introduction.",
        (("Ines", "My friend", "Blue Harbor Radio", I),),
    ),
    Phrase(
        "If you want, I could put you in contact with my thesis advisor, Professor Lind.",
        (("Professor Lind", "my thesis advisor", None, I),),
    ),
    Phrase(
        "Reach out to Carmen O'Dell, she's the director of the maritime museum.",
        (("Carmen O'Dell", "the director", "the maritime museum", R),),
    ),
    Phrase("Let me give you the number of our lead welder.", ((None, "our lead welder", None, C),)),
    Phrase("You might want to speak with the chamber of commerce.", ((None, None, "the chamber of commerce", R),)),
    Phrase("Talk to Jean-Luc at the bakery on Fifth Street.", (("Jean-Luc", None, "the bakery", R),)),
    Phrase("I would recommend talking to our intern, Sofia.", (("Sofia", "our intern", None, R),)),
    Phrase(
        "My brother-in-law is a court interpreter, I'll text you his contact info.",
        ((None, "My brother-in-law", None, C),),
    ),
    Phrase("I can introduce you to some people at Kestrel Games.", ((None, None, "Kestrel Games", I),)),
    Phrase("Dan Whitlock is the one you want to talk to.", (("Dan Whitlock", None, None, R),)),
    Phrase(
        "I can put you in touch.",
        (("Kofi", "my former student", "the Tidewater Museum", I),),
        question="Do you know anybody at a museum?",
        before="Well, my former student Kofi is a curator at the Tidewater Museum.",
    ),
    Phrase(
        "You should talk to Priya Raman.",
        (("Priya Raman", "our head of design", None, C),),
        after="She's our head of design, and I'll send you her number.",
    ),
)

TRAPS = (
    Phrase("Talk to people in the field."),
    Phrase("I worked with Dan at Google for years."),
    Phrase("There's a book called Working Hands by Ellen Marsh, you should read it."),
    Phrase("You should listen to a podcast called Design Talk."),
    Phrase("Talk to your doctor before you lift anything."),
    Phrase("Feel free to email me any time."),
    Phrase("You can always reach out to me on LinkedIn."),
    Phrase("I talked to Priya Raman before I took the job."),
    Phrase("My boss told me to talk to Luis."),
    Phrase("Don't talk to Dan about it."),
    Phrase("If you could talk to Marie Curie, what would you ask?"),
    Phrase("I wouldn't call the union for that."),
    Phrase("You have to talk to customers all day."),
    Phrase("Check out the website of the labor department."),
    Phrase("You should talk to someone who does this for a living."),
    Phrase("Talk to a recruiter."),
    Phrase("Back then I'd talk to Dan every day."),
    Phrase("I was introduced to Marta by my old boss."),
    Phrase("Go to conferences and meet as many people as you can."),
    Phrase("I'll send you the link to the course."),
    Phrase("Sign up for the newsletter from Northwind Labs."),
    Phrase("You'd meet with the client on Monday."),
    Phrase("She introduced me to Joel, and that's how I got in."),
    Phrase("talk to people who do the job and ask them what they hate"),
    Phrase("call it whatever you like"),
    Phrase("You need to contact your insurance first."),
    Phrase("When you talk to Dan, be careful."),
    Phrase("Steve Jobs would have loved this place."),
    Phrase("Follow Nadia Petrova on Instagram, her posts are great."),
    Phrase("Look into apprenticeships in your state."),
    Phrase("We can stay in touch."),
    Phrase("I can't introduce you to anybody, sorry."),
    Phrase("Ask a lot of questions."),
    Phrase("Meet them on Tuesday or on Wednesday."),
    Phrase("There's a group on Facebook called Second Act Welders."),
    Phrase("Reach out if you have any questions."),
    Phrase("My uncle Sam, he was a printer.", question="Who taught you the trade?"),
    Phrase("I can put you in touch.", question="Do you know anybody?"),
)

EXAMPLES = SENDING + TRAPS

_BESIDE = (
    Phrase(
        "So honestly the first call I'd make is to Hana Brooks, she staffs half the studios in town.",
        (("Hana Brooks", None, None, R),),
    ),
    Phrase(
        "My neighbor Gus is a retired ferry captain and he loves to talk, I'll pass you his number.",
        (("Gus", "My neighbor", None, C),),
    ),
    Phrase(
        "We've got a volunteer coordinator, Patrice, who could show you around.",
        (("Patrice", "a volunteer coordinator", None, R),),
    ),
    Phrase(
        "I could shoot an email to Oren, he heads the restoration lab at Whitcombe College.",
        (("Oren", "heads the restoration lab", "Whitcombe College", I),),
    ),
    Phrase(
        "uh you know who you should call is my old roommate bea she does payroll for a circus",
        (("bea", "my old roommate", None, R),),
    ),
    Phrase(
        "The Quilters' Cooperative on Main Street takes walk-ins, so I'd go there and ask for Lorna.",
        (("Lorna", None, None, R),),
    ),
    Phrase(
        "Your best bet is the apprenticeship office at the electricians' union.",
        ((None, None, "the apprenticeship office", R),),
    ),
    Phrase("I can write to my editor at Foxglove Press on your behalf.", ((None, "my editor", "Foxglove Press", I),)),
    Phrase(
        "Both of my daughters are paramedics, either one would talk to you.",
        ((None, "Both of my daughters", None, R),),
    ),
    Phrase(
        "Say hi to Miguel in the paint shop, he knows everything about pigments.",
        (("Miguel", None, "the paint shop", R),),
    ),
    Phrase(
        "You want Delphine. Delphine Aubert. She wrote the schedule for the whole season.",
        (("Delphine Aubert", None, None, R),),
    ),
    Phrase(
        "i would definitely hit up professor adeyemi at the college of agriculture",
        (("professor adeyemi", None, "the college of agriculture", R),),
    ),
    Phrase(
        "If I were you I'd ask Nkechi and her husband, they own two food trucks.",
        (("Nkechi", None, None, R), (None, "her husband", None, R)),
    ),
    Phrase(
        "I'd be glad to make that introduction, her name is Solveig Dahl and she leads our trauma team.",
        (("Solveig Dahl", "leads our trauma team", None, I),),
    ),
    Phrase(
        "There's someone on my team, a woman called Farah, who came from teaching too, you two should talk.",
        (("Farah", "someone on my team", None, R),),
    ),
    Phrase(
        "Our HR person, Mrs. Castellano, is really approachable, go see her.",
        (("Mrs. Castellano", "Our HR person", None, R),),
    ),
    Phrase("Try the Guild of Master Thatchers.", ((None, None, "the Guild of Master Thatchers", R),)),
    Phrase(
        "A buddy of mine owns a brewery in Duluth, and I can get you his number.",
        ((None, "A buddy of mine", None, C),),
    ),
    Phrase(
        "the lady who trained me is still there her name is ruth ann and she would love to talk",
        (("ruth ann", "the lady who trained me", None, R),),
    ),
    Phrase(
        "My manager has said she's open to informational chats, so let me loop her in.",
        ((None, "My manager", None, I),),
    ),
    Phrase("You could shadow Esteban on a Saturday.", (("Esteban", None, None, R),)),
    Phrase(
        "Drop a line to Temperance at the county archives and mention my name.",
        (("Temperance", None, "the county archives", R),),
    ),
    Phrase("I reach out to my mentor whenever I'm stuck."),
    Phrase("My mentor, Alice Grant, got me into this."),
    Phrase("You'll talk to the foreman a lot in the first weeks."),
    Phrase("Get a mentor, somebody who has been through it."),
    Phrase("They had me call Mr. Boone every Friday to report."),
    Phrase("Subscribe to the channel by Kenji Ito, it's fantastic."),
    Phrase("I'd call it a calling."),
    Phrase("You should visit Copenhagen, it's wonderful."),
    Phrase("You should meet the deadline no matter what."),
    Phrase("Ask Google, that's what I did."),
    Phrase("Join LinkedIn and post every week."),
    Phrase("Let me know how it goes, and call me if you get stuck."),
    Phrase("My professor used to say you should talk to the wood."),
    Phrase("Talk to alumni from your school."),
    Phrase("I can recommend a good textbook, it's by Harlan Voss."),
    Phrase("You should try the soup at Mario's."),
    Phrase("go talk to hiring managers and ask what they want"),
    Phrase("I'd recommend Python over Java for that."),
    Phrase("He can call Dan, but you can't."),
    Phrase("Find yourself a good accountant."),
)

TUNING, HELD_OUT = _BESIDE[::2], _BESIDE[1::2]
