"""Phrases of ours that name pay, or money that is no pay, with every figure extraction should find, the main one first.

`TUNING` and `HELD_OUT` were written before the patterns were read for them, and are dealt out in turns. The misses of
the first were read when the patterns were mended, those of the second never; but whoever mended had written both and
had some of the second in mind, so its share is too good. `FRESH` was written after the last change and measured once;
its writer knew the patterns. A span that is said of the occupation, closed or open, is a `range`.
"""

from dataclasses import dataclass

from app.extraction.values import Pay, PayKind, Period


@dataclass(frozen=True)
class Phrase:
    """`question`: what was asked before, when pay was asked for. No figure: a trap, or an amount nobody named."""

    text: str
    figures: tuple[Pay, ...] = ()
    question: str = ""


def of(low: float | None, high: float | None, currency: str | None, period: Period | None, kind: PayKind) -> Pay:
    return Pay(amount_min=low, amount_max=high, currency=currency, period=period, kind=kind)


def one(amount: float, currency: str | None, period: Period | None, kind: PayKind = "base") -> Pay:
    return of(amount, amount, currency, period, kind)


HOW_MUCH = "What do people in this job earn?"
YOURS = "If you don't mind, what do you make?"
FIRST = "What did you start on?"
EXTRA = "Is there a bonus on top of that?"

PHRASES = (
    # Plain years
    Phrase("I make fifty-two thousand dollars a year.", (one(52_000, "USD", "year"),)),
    Phrase("My salary right now is $67,500.", (one(67_500, "USD", "year"),)),
    Phrase("I'm on about 38k.", (one(38_000, None, "year"),)),
    Phrase("I take home a hundred grand, give or take.", (one(100_000, None, "year"),)),
    Phrase("I earn, you know, like sixty-five a year, sixty-five thousand.", (one(65_000, None, "year"),)),
    Phrase("It pays eighty-eight five.", (one(88_500, None, "year"),)),
    Phrase("These days I'm making one thirty-five.", (one(135_000, None, "year"),)),
    Phrase("I'm making one hundred and forty-two thousand.", (one(142_000, None, "year"),)),
    Phrase("A partner at a firm like ours earns 1.2 million dollars a year.", (one(1_200_000, "USD", "year"),)),
    Phrase("My base is 96 and that's before any overtime.", (one(96_000, None, "year"),)),
    Phrase("They're paying me seventy-one thousand, four hundred.", (one(71_400, None, "year"),)),
    Phrase("I get paid 52K.", (one(52_000, None, "year"),)),
    Phrase("Fifty-eight.", (one(58_000, None, "year"),), YOURS),
    Phrase("Uh, forty-four thousand and some change.", (one(44_000, None, "year"),), YOURS),
    Phrase("Mid eighties.", (of(84_000, 86_000, None, "year", "base"),), YOURS),
    Phrase("I'm in the mid fifties, salary-wise.", (of(54_000, 56_000, None, "year", "base"),)),
    Phrase("I make low nineties.", (of(90_000, 93_000, None, "year", "base"),)),
    Phrase("Somewhere in the high forties, I'd say.", (of(47_000, 49_000, None, "year", "base"),), YOURS),
    # Ranges
    Phrase("You can expect to earn between 45 and 60 thousand dollars.", (of(45_000, 60_000, "USD", "year", "range"),)),
    Phrase("60-70, depending on the hospital.", (of(60_000, 70_000, None, "year", "range"),), HOW_MUCH),
    Phrase(
        "The range is anywhere from forty-five to, like, seventy-five thousand.",
        (of(45_000, 75_000, None, "year", "range"),),
        HOW_MUCH,
    ),
    Phrase("Salaries in this field range from $48,000 to $95,000.", (of(48_000, 95_000, "USD", "year", "range"),)),
    Phrase("I make between 80 and 90K a year.", (of(80_000, 90_000, None, "year", "base"),)),
    Phrase("It pays somewhere between $25 and $35 an hour.", (of(25, 35, "USD", "hour", "range"),)),
    Phrase("I earn ninety to a hundred thousand.", (of(90_000, 100_000, None, "year", "base"),)),
    Phrase("You'd make a hundred, a hundred and twenty thousand.", (of(100_000, 120_000, None, "year", "range"),)),
    Phrase("A welder earns twenty-two to twenty-eight bucks an hour.", (of(22, 28, "USD", "hour", "range"),)),
    Phrase("Our pay scale goes from 31 to 54 thousand pounds.", (of(31_000, 54_000, "GBP", "year", "range"),)),
    Phrase("I bring home three to four thousand a month.", (of(3_000, 4_000, None, "month", "base"),)),
    Phrase("You're looking at 55, 60, something like that.", (of(55_000, 60_000, None, "year", "range"),), HOW_MUCH),
    Phrase("The salary band is eighty to one-ten.", (of(80_000, 110_000, None, "year", "range"),)),
    Phrase("I'd make $800 to $1,200 a week in the summer.", (of(800, 1_200, "USD", "week", "base"),)),
    # Hours, days, weeks, months
    Phrase("I get thirty one fifty an hour.", (one(31.5, None, "hour"),)),
    Phrase("It's 12.50 an hour and it's paid every Friday.", (one(12.5, None, "hour"),), YOURS),
    Phrase("They pay me two fifty a day.", (one(250, None, "day"),)),
    Phrase("My day rate is four hundred and fifty pounds.", (one(450, "GBP", "day"),)),
    Phrase("I was earning $17.25 per hour at the bakery.", (one(17.25, "USD", "hour"),)),
    Phrase("I get nine hundred dollars every week.", (one(900, "USD", "week"),)),
    Phrase("My paycheck comes to about twenty-three hundred a month.", (one(2_300, None, "month"),)),
    Phrase("We get paid hourly, so eighteen dollars.", (one(18, "USD", "hour"),)),
    Phrase("The hourly rate is twenty-six seventy-five.", (one(26.75, None, "hour"),)),
    Phrase("It works out to six thousand euros monthly.", (one(6_000, "EUR", "month"),), YOURS),
    Phrase("On a good week I make twelve hundred bucks.", (one(1_200, "USD", "week"),)),
    Phrase("I charge a hundred and fifty an hour.", (one(150, None, "hour"),)),
    Phrase("I bill my clients eighty-five dollars an hour.", (one(85, "USD", "hour"),)),
    Phrase("Minimum wage back then was seven twenty-five an hour.", (one(7.25, None, "hour"),)),
    # Kinds
    Phrase("I started at 41,000 straight out of school.", (one(41_000, None, "year", "starting"),)),
    Phrase("Thirty-six five.", (one(36_500, None, "year", "starting"),), FIRST),
    Phrase("Entry level is around fifty-five thousand dollars.", (one(55_000, "USD", "year", "starting"),)),
    Phrase("My first job paid me eleven dollars an hour.", (one(11, "USD", "hour", "starting"),)),
    Phrase("New grads come in at 72K.", (one(72_000, None, "year", "starting"),)),
    Phrase("My starting salary was twenty-nine thousand pounds.", (one(29_000, "GBP", "year", "starting"),)),
    Phrase("I get a bonus of about eight thousand dollars at Christmas.", (one(8_000, "USD", None, "bonus"),)),
    Phrase("Maybe ten thousand in a good year.", (one(10_000, None, "year", "bonus"),), EXTRA),
    Phrase("They gave me a five thousand dollar sign-on bonus.", (one(5_000, "USD", None, "bonus"),)),
    Phrase("My annual bonus is usually twelve grand.", (one(12_000, None, "year", "bonus"),)),
    Phrase("All in, I make about a hundred and ninety thousand.", (one(190_000, None, "year", "total"),)),
    Phrase("Total comp is around two hundred and forty K.", (one(240_000, None, "year", "total"),)),
    Phrase("With tips I make about thirty dollars an hour.", (one(30, "USD", "hour", "total"),)),
    Phrase("I got equity too, around 40,000 dollars in stock a year.", (one(40_000, "USD", "year", "equity"),)),
    Phrase(
        "My base is 110 and then there's a bonus of fifteen thousand a year.",
        (one(110_000, None, "year"), one(15_000, None, "year", "bonus")),
    ),
    Phrase(
        "I started at fourteen an hour and now I'm at twenty-two.",
        (one(22, None, "hour"), one(14, None, "hour", "starting")),
    ),
    Phrase(
        "It's seventy base plus ten in stock, so eighty total.",
        (
            one(80_000, None, "year", "total"),
            one(70_000, None, "year"),
            one(10_000, None, "year", "equity"),
        ),
        YOURS,
    ),
    Phrase(
        "Starting pay is $19 an hour and it tops out at $34 an hour.",
        (of(None, 34, "USD", "hour", "range"), one(19, "USD", "hour", "starting")),
    ),
    # Currencies
    Phrase("I earn 42 thousand pounds a year.", (one(42_000, "GBP", "year"),)),
    Phrase("My salary is €3,400 a month.", (one(3_400, "EUR", "month"),)),
    Phrase("I make about twelve lakh rupees a year.", (one(1_200_000, "INR", "year"),)),
    Phrase("A fresher earns 4.5 lakhs per annum.", (one(450_000, "INR", "year", "starting"),)),
    Phrase("I earn three hundred thousand naira a month.", (one(300_000, "NGN", "month"),)),
    Phrase("The pay is 95,000 Australian dollars.", (one(95_000, "AUD", "year"),)),
    Phrase("I was making sixty thousand Canadian dollars.", (one(60_000, "CAD", "year"),)),
    Phrase("I get 7,200 Swiss francs a month.", (one(7_200, "CHF", "month"),)),
    Phrase("My salary was four million yen a year.", (one(4_000_000, "JPY", "year"),)),
    Phrase("I'm on thirty-five quid an hour.", (one(35, "GBP", "hour"),)),
    Phrase("They pay ₹80,000 a month.", (one(80_000, "INR", "month"),)),
    Phrase("I earn CHF 98,000 a year.", (one(98_000, "CHF", "year"),)),
    Phrase("My wage is A$41 an hour.", (one(41, "AUD", "hour"),)),
    Phrase("It pays 55 grand Canadian.", (one(55_000, "CAD", "year"),)),
    Phrase("I make ₦250,000 every month.", (one(250_000, "NGN", "month"),)),
    Phrase("I get USD 4,000 monthly.", (one(4_000, "USD", "month"),)),
    # Open ends and corrections
    Phrase("You can make up to ninety-five thousand dollars.", (of(None, 95_000, "USD", "year", "range"),)),
    Phrase("Senior people earn at least a hundred and fifty.", (of(150_000, None, None, "year", "range"),)),
    Phrase("I make a little over 70 thousand.", (of(70_000, None, None, "year", "base"),)),
    Phrase("I was making less than thirty thousand a year.", (of(None, 30_000, None, "year", "base"),)),
    Phrase("It pays $45,000 or more.", (of(45_000, None, "USD", "year", "range"),)),
    Phrase("I earn just under sixty K.", (of(None, 60_000, None, "year", "base"),)),
    Phrase("A good plumber makes a hundred grand plus.", (of(100_000, None, None, "year", "range"),)),
    Phrase("I make forty, no, forty-two thousand.", (one(42_000, None, "year"),)),
    Phrase("My salary is fifty, sorry, fifty-five thousand dollars.", (one(55_000, "USD", "year"),)),
    Phrase("I get 18, I mean 19 dollars an hour.", (one(19, "USD", "hour"),)),
    Phrase("I make like, uh, sixty, well, actually sixty-three K.", (one(63_000, None, "year"),)),
    Phrase("They paid me 20 an hour, wait, no, 21 an hour.", (one(21, None, "hour"),)),
    # Amounts nobody named
    Phrase("I make six figures."),
    Phrase("Low six figures, I'd say.", (), YOURS),
    Phrase("It pays in the mid six figures if you're lucky."),
    Phrase("Not enough, honestly.", (), YOURS),
    # Traps
    Phrase("My tuition was twenty-two thousand a year."),
    Phrase("I paid eleven thousand dollars for the certificate."),
    Phrase("We bring in about four million dollars a year in revenue."),
    Phrase("Our shop did eight hundred thousand in sales last year."),
    Phrase("A good set of knives costs six hundred dollars."),
    Phrase("The new oven was twelve grand."),
    Phrase("They gave the department a budget of fifty thousand dollars."),
    Phrase("If they paid me two hundred grand I'd think about it."),
    Phrase("I would have to make like a hundred thousand to move to Boston."),
    Phrase("My goal was to earn eighty thousand by thirty."),
    Phrase("I always wanted to make a hundred thousand dollars a year."),
    Phrase("I'm fifty-two and I've been here for thirty years."),
    Phrase("I started in 1998 and I never left.", (), FIRST),
    Phrase("I made the switch at thirty-five."),
    Phrase("We drive about 60 miles an hour through there."),
    Phrase("I see twenty to thirty patients a day."),
    Phrase("We make 400 loaves a day."),
    Phrase("I get about a hundred emails a day."),
    Phrase("I work fifty hours a week for it.", (), YOURS),
    Phrase("They match five percent of my 401k."),
    Phrase("I put ten percent of my pay into a 403b."),
    Phrase("My rent went up to nineteen hundred a month."),
    Phrase("We got a grant for forty thousand dollars to run it."),
    Phrase("I still owe sixty-five thousand in loans."),
    Phrase("It took me ten years to pay off eighty thousand dollars of debt."),
    Phrase("A client of mine sold his business for three million dollars."),
    Phrase("Health insurance costs me seven hundred a month."),
    Phrase("We raised fifteen thousand dollars for the food bank."),
    Phrase("I manage a team of 45."),
    Phrase("There were 30 to 40 applicants for my job.", (), HOW_MUCH),
    Phrase("A house around here is half a million dollars."),
    Phrase("I spend about two hundred dollars a week on gas."),
)
TUNING, HELD_OUT = PHRASES[::2], PHRASES[1::2]

# Nothing was mended after these.
FRESH = (
    Phrase("My take-home is maybe twenty-eight hundred a month.", (one(2_800, None, "month"),)),
    Phrase("Last year I cleared sixty-one thousand.", (one(61_000, None, "year"),)),
    Phrase("I went from 45 to 60 when I got my license.", (one(60_000, None, "year"), one(45_000, None, "year"))),
    Phrase(
        "Journeymen are at thirty-eight an hour, apprentices at nineteen.",
        (one(38, None, "hour"), one(19, None, "hour")),
    ),
    Phrase("It's a hundred and five plus a ten percent bonus.", (one(105_000, None, "year"),), YOURS),
    Phrase("Oh, gosh, around eighty-three, eighty-four.", (of(83_000, 84_000, None, "year", "base"),), YOURS),
    Phrase("They bumped me up to ninety-two last spring.", (one(92_000, None, "year"),)),
    Phrase("As a trainee you're on about £21,000.", (one(21_000, "GBP", "year", "starting"),)),
    Phrase("I'd be lucky to see two thousand euros in a month.", (one(2_000, "EUR", "month"),)),
    Phrase("Contractors pull in five, six hundred a day.", (of(500, 600, None, "day", "range"),)),
    Phrase("My paycheck every two weeks is fourteen hundred dollars.", (one(1_400, "USD", None),)),
    Phrase("Between salary and commission it's one-sixty.", (one(160_000, None, "year", "total"),), YOURS),
    Phrase("Interns get twenty dollars an hour.", (one(20, "USD", "hour"),)),
    Phrase(
        "I doubled my income, from thirty thousand to sixty thousand rand a month.",
        (one(60_000, None, "month"), one(30_000, None, "month")),
    ),
    Phrase("The union scale starts at $24.80 and goes up to $41.", (of(24.8, 41, "USD", "hour", "range"),)),
    Phrase("Seventy-five hundred a month before taxes.", (one(7_500, None, "month"),), YOURS),
    Phrase("We turn over about nine hundred thousand a year."),
    Phrase("I put away five hundred dollars a month."),
    Phrase("Nobody should take this job for thirty thousand a year."),
    Phrase("My license renewal is two hundred and forty dollars."),
    Phrase("I was hoping for seventy, but I took it anyway."),
    Phrase("My commute is ninety minutes, sixty miles.", (), YOURS),
    Phrase("Daycare runs us fourteen hundred a month."),
    Phrase("The hospital got fined eighty thousand dollars."),
)
