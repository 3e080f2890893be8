"""English forms of a value, as regular expressions.

The generator knows the value of everything that it writes and asks here for the right ways to say it in English, so the
checker needs no German and none of the product's code."""

import re
from dataclasses import dataclass
from decimal import Decimal
from itertools import product

MONTHS = "January February March April May June July August September October November December".split()
MONATE = "Januar Februar März April Mai Juni Juli August September Oktober November Dezember".split()
UNITS = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen"
).split()
TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split()
ORDINALS = {
    "one": "first", "two": "second", "three": "third", "five": "fifth", "eight": "eighth", "nine": "ninth",
    "twelve": "twelfth",
}  # fmt: skip
ROMAN = "I II III IV V VI VII VIII IX X XI XII XIII XIV XV XVI XVII XVIII XIX XX XXI XXII".split()

# What may stand before and after a number: no letter, no further digit, no sign, nothing that makes it part of another.
START = r"(?<![A-Za-z0-9_])(?<![0-9][.,:'’/–-])(?<![\s(][-−])(?<!^[-−])(?<!−\s)"
END = r"(?![A-Za-z0-9_½¼¾²³])(?![.,:'’/–-][0-9])(?!\s?(?:thousand|million|billion))"
GROUP = "[, \u00a0\u2009\u202f]?"
DASH = r"\s?[–—−-]\s?"
UNTIL = rf"(?:{DASH}|\s(?:to|until|till|through|up\sto)\s(?:the\s)?)"
# Before a boundary of its own kind, where a sentence has the word between already.
AND = r"\sand\s(?:the\s)?"


@dataclass(frozen=True)
class Forms:
    """Patterns of one value: the right English, and what has the value in German style, or nothing."""

    english: str
    german: str = ""

    @property
    def either(self):
        return f"(?:{self.english}|{self.german})" if self.german else f"(?:{self.english})"


def exact(text):
    """The text itself, and not as a part of a longer word."""
    before = r"(?<!\w)" if re.match(r"\w", text[0]) else ""
    after = r"(?!\w)" if re.match(r"\w", text[-1]) else ""
    return Forms(before + re.escape(text) + after)


def build(pattern, *parts, german=""):
    """Forms of a whole from those of its parts: `pattern` takes theirs and gives its own."""
    english = pattern(*(f"(?:{part.english})" for part in parts))
    styles = [pattern(*(part.either for part in parts))] if any(part.german for part in parts) else []
    return Forms(english, "|".join(styles + [german] * bool(german)))


def standing_alone(forms, end=END):
    """Forms that are not part of a longer number or word, in small or capital letters."""
    wrap = lambda pattern: f"(?i:{START}(?:{pattern}){end})" if pattern else ""
    return Forms(wrap(forms.english), wrap(forms.german))


def words(number):
    """A whole number in words."""
    if number < 20:
        return UNITS[number]
    if number < 100:
        rest = rf"[-\s]?{UNITS[number % 10]}" if number % 10 else ""
        return TENS[number // 10 - 2] + rest
    size, name = (1000, "thousand") if number >= 1000 else (100, "hundred")
    head = words(number // size) if number // size > 1 else "(?:one|a)"
    rest = rf",?\s(?:and\s)?{words(number % size)}" if number % size else ""
    return rf"{head}\s{name}{rest}"


def ordinal_words(number):
    """`twenty[-\\s]?first` for 21; numbers below 100."""
    head, last = re.match(r"(.*?)([a-z]+)$", words(number)).groups()
    return head + ORDINALS.get(last, f"{last[:-1]}ieth" if last.endswith("y") else f"{last}th")


def suffixed(number):
    """`21st`."""
    ending = {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th") if number // 10 != 1 else "th"
    return f"{number}{ending}"


def grouped(whole, separator):
    digits = str(whole)
    head = len(digits) % 3 or 3
    return separator.join([digits[:head], *(digits[at : at + 3] for at in range(head, len(digits), 3))])


def bare(value):
    """A number without regard to what stands beside it."""
    value = abs(Decimal(value))
    whole = int(value)
    fraction = str(value).partition(".")[2].rstrip("0")
    groups = (len(str(whole)) + 2) // 3
    if not fraction:
        english = grouped(whole, GROUP) + r"(?:\.00?)?"
        spoken = [words(whole)] if whole < 1_000_000 else []
        spoken += [rf"{whole // 1000}\sthousand"] if whole and whole % 1000 == 0 and whole < 1_000_000 else []
        # `9.875` and `9,875` are two numbers to an English reader; `1.234.567` is one.
        german = [grouped(whole, "['’.]" if groups > 2 else "['’]") + r"(?:[.,]00?)?"] if groups > 1 else []
        german += [grouped(whole, "['’.]?") + ",00?"]
        return Forms("|".join([english, *spoken]), "|".join(german))
    english = ("0?" if whole == 0 else grouped(whole, GROUP)) + rf"\.{fraction}0{{0,2}}"
    german = [grouped(whole, "['’]") + rf"\.{fraction}0?"] if groups > 1 else []
    # `12,345` is read as a thousand times the value, unless a group before it says which mark is which.
    if len(fraction) != 3:
        german += [grouped(whole, "['’. ]?") + "," + fraction + ("0?" if len(fraction) == 1 else "")]
    return Forms(english, "|".join(german))


def number(value):
    return standing_alone(bare(value), END + r"(?!\s?%)")


def percentage(value):
    one = bare(value)
    return standing_alone(build(lambda it: rf"{it}\s?(?:%|per\s?cent|pct)", one, german=rf"{one.either}\sProzent"), "")


# What stands before and after an amount in English, and what German adds.
CURRENCIES = {
    "CHF": (r"CHF|SFr\.?", r"CHF|(?:Swiss\s)?francs?", r"Fr\.?|CHF|SFr\.?", r"Franken|Fr\.?|SFr\.?"),
    "EUR": (r"EUR|€", r"EUR|euros?", r"EUR|€|euros?", r"€"),
    "USD": (r"USD|US\$|\$", r"USD|(?:U\.?S\.?\s)?dollars?", r"USD|US\$|\$", r"\$|US-Dollar|Dollar"),
}
SCALES = {6: (r"million|mn|m", r"Mio\.?|Millionen"), 9: (r"billion|bn", r"Mrd\.?|Milliarden")}


def money(value, currency):
    """`CHF 2,500`, `2,500 francs`, `€1,234.50`."""
    before, after, german_before, german_after = CURRENCIES[currency]
    one = bare(value)
    # `2'500.–`
    dash = r"(?:\.[–—-]+)?"
    english = rf"(?<![A-Za-z])(?:{before})\s?(?:{one.english}){END}|{START}(?:{one.english})\s?(?:{after})(?![A-Za-z])"
    german = rf"(?<![A-Za-z])(?:{german_before})\s?{one.either}{dash}{END}"
    german += rf"|{START}{one.either}{dash}\s?(?:{after}|{german_after})(?![A-Za-z])"
    return Forms(f"(?i:{english})", f"(?i:{german})")


def large_money(value, exponent, currency):
    """3.5 million francs: `value` times ten to the power of `exponent`, in any of its forms."""
    before, after, german_before, german_after = CURRENCIES[currency]
    one, (scale, german_scale) = bare(value), SCALES[exponent]
    english = rf"(?<![A-Za-z])(?:{before})\s?(?:{one.english})\s?(?:{scale})(?![A-Za-z])"
    english += rf"|{START}(?:{one.english})\s?(?:{scale})\s(?:of\s)?(?:{after})(?![A-Za-z])"
    german = rf"(?<![A-Za-z])(?:{german_before})\s?{one.either}\s?(?:{scale}|{german_scale})(?![A-Za-z])"
    german += rf"|{START}{one.either}\s?(?:{scale}|{german_scale})\s(?:{after}|{german_after})(?![A-Za-z])"
    full = money(Decimal(value) * 10**exponent, currency)
    return Forms(f"(?i:{english})|{full.english}", f"(?i:{german})|{full.german}")


def between(first, second):
    """`A–B`, `A to B`, `between A and B`."""
    return rf"{first}{UNTIL}{second}|(?<=between\s){first}{AND}{second}"


def span(first, second):
    return standing_alone(build(between, bare(first), bare(second)), END + r"(?!\s?%)")


def percentage_span(first, second):
    sign = r"(?:%|per\s?cent|pct)"
    one = lambda value: build(lambda it: rf"{it}(?:\s?{sign})?", bare(value))
    return standing_alone(build(lambda a, b: rf"(?:{between(a, b)})(?<=[%tT])", one(first), one(second)), "")


def money_span(first, second, currency):
    before, after, german_before, german_after = CURRENCIES[currency]
    one, two = bare(first), bare(second)
    repeated = rf"(?:(?:{german_before})\s?)?"
    english, german = (
        between(f"(?:{one.english})", f"{repeated}(?:{two.english})"),
        between(one.either, repeated + two.either),
    )
    pattern = rf"(?<![A-Za-z])(?:{before})\s?(?:{english}){END}|{START}(?:{english})\s?(?:{after})(?![A-Za-z])"
    styles = rf"(?<![A-Za-z])(?:{german_before})\s?(?:{german}){END}"
    styles += rf"|{START}(?:{german})\s?(?:{after}|{german_after})(?![A-Za-z])"
    return Forms(f"(?i:{pattern})", f"(?i:{styles})")


def measure(value, unit, german_unit):
    """A number with its unit, of which `unit` is the pattern."""
    sign = r"(?:(?<!\w)[-−–]|(?<!\w)[-−]\s|minus\s)" if Decimal(value) < 0 else START
    pattern = lambda it, name=unit: rf"{sign}{it}[\s-]?(?:{name})(?![A-Za-z])"
    forms = build(pattern, bare(value), german=pattern(bare(value).either, german_unit))
    below = rf"|(?:{bare(value).english})\s(?:{unit})\sbelow\s(?:zero|freezing)" if Decimal(value) < 0 else ""
    return Forms(f"(?i:{forms.english}{below})", f"(?i:{forms.german})")


def dimensions(first, second, unit):
    pattern = lambda a, b: rf"{START}{a}(?:\s?(?:{unit}))?\s?(?:×|x|\*|by)\s?{b}\s?(?:{unit})(?![A-Za-z])"
    forms = build(pattern, bare(first), bare(second))
    return Forms(f"(?i:{forms.english})", f"(?i:{forms.german})")


# A vulgar fraction: its value, and how it is written and said.
FRACTIONS = {
    "½": (Decimal("0.5"), r"½|1/2|1⁄2", r"(?:a\s|one[\s-])?half"),
    "¼": (Decimal("0.25"), r"¼|1/4|1⁄4", r"(?:a\s|one[\s-])?quarter|(?:a|one)[\s-]fourth"),
    "¾": (Decimal("0.75"), r"¾|3/4|3⁄4", r"three[\s-](?:quarters?|fourths?)"),
}


def mixed(whole, sign):
    """`2½`, `2.5`, `two and a half`; without a whole part `½`, `half`."""
    value, written, spoken = FRACTIONS[sign]
    decimal = bare(value + whole)
    if whole:
        one = bare(whole).english
        pattern = (
            rf"{whole}(?:[\s-]?{sign}|[\s-](?:{written}))|(?:{one})\sand\s(?:{spoken}|(?:{written}))|{decimal.english}"
        )
        between = rf"|(?:{one})\s\w+\sand\s(?:{spoken})"
        return standing_alone(Forms(pattern + between, decimal.german), r"(?![A-Za-z0-9½¼¾])")
    percent = rf"{int(value * 100)}\s?(?:%|per\s?cent)"
    return standing_alone(
        Forms(rf"{written}|{spoken}|{decimal.english}|{percent}", decimal.german), r"(?![A-Za-z0-9½¼¾])"
    )


def power(value, unit, exponent, english):
    """`5 m³`: `english` is the unit in words."""
    raised = {2: "²", 3: "³"}[exponent]
    pattern = rf"{unit}\s?(?:{raised}|\^?{exponent})|{english}"
    return standing_alone(build(lambda it: rf"{it}[\s-]?(?:{pattern})", bare(value)), r"(?![A-Za-z0-9])")


def ten_to(exponent, raised):
    return standing_alone(
        Forms(rf"10{raised}|10\^{{?{exponent}}}?|10\*\*{exponent}|ten\sto\sthe\s.*?{ordinal_words(exponent)}"), ""
    )


def ordinal(value):
    """`third`, `3rd`; `3.` is German style."""
    end = r"(?![A-Za-z0-9])"
    return standing_alone(Forms(rf"{suffixed(value)}|{ordinal_words(value)}", rf"{value}\."), end)


def numbered(value, noun):
    """An ordinal of a thing, which English may count instead: third chapter, chapter 3."""
    one = ordinal(value)
    return Forms(
        rf"{one.english}|(?i:(?<![A-Za-z])(?:{noun})\s(?:no\.?\s|number\s)?(?:{bare(value).english}){END})", one.german
    )


def roman(value):
    numeral = rf"(?<![A-Za-z0-9]){ROMAN[value - 1]}(?![A-Za-z0-9])"
    quarter = rf"|\bQ{value}\b" if value < 5 else ""
    return Forms(f"{ordinal(value).english}|{numeral}(?!\\.){quarter}", rf"{numeral}\.|{ordinal(value).german}")


def month(number, german=False):
    if german:
        return f"{MONATE[number - 1]}|{month(number)}"
    name = MONTHS[number - 1]
    return rf"{name}|{name[:3]}\.?" if name != "September" else r"September|Sept?\.?"


def day_forms(day):
    return rf"0?{day}|{suffixed(day)}|{ordinal_words(day)}"


def after_month(year):
    return rf"(?:,?\s(?:of\s)?{year})" if year else ""


def date(day, number, year=None):
    """A date in any notation that has one reading."""
    return standing_alone(bare_date(day, number, year), r"(?![A-Za-z0-9])(?![.:/-][0-9])")


def bare_date(day, number, year=None):
    names = named_date(day, number, year)
    short = rf"(?:{year // 100})?{year % 100:02}" if year else ""
    dotted = rf"0?{day}\.\s?0?{number}\." + (rf"\s?{short}" if year else "?")
    slashed = rf"0?{day}([/-])0?{number}" + (rf"[/-]{short}" if year else "")
    forms = [dotted, slashed.replace("([/-])", "[/-]")]
    if year:
        forms.append(rf"{year}-0?{number}-0?{day}")
        # Only one of the two can be the month.
        forms += [rf"0?{number}/0?{day}/{short}"] if day > 12 else []
    return Forms("|".join([names.english, *forms]), names.german)


def named_date(day, number, year=None):
    ordinal_day, tail = f"(?:{day_forms(day)})", after_month(year)
    pattern = lambda name: [
        rf"{ordinal_day}\s(?:day\s)?(?:of\s)?(?:{name}){tail}",
        rf"(?:{name})\s(?:the\s)?{ordinal_day}{tail}",
    ]
    german = pattern(month(number, german=True)) + [rf"0?{day}\.\s?(?:{month(number, german=True)}){tail}"]
    return Forms("|".join(pattern(month(number))), "|".join(german))


def month_of_year(number, year):
    pattern = lambda name: rf"(?:{name}){after_month(year)}"
    return standing_alone(Forms(pattern(month(number)), pattern(month(number, german=True))), r"(?![A-Za-z0-9])")


def date_span(first, second):
    """From one (day, month, year) to another; a month or year that both share may be said once."""
    forms = []
    for one, two in product(*(shortened(*ends) for ends in (first, second))):
        forms.append((one, two))
    english = "|".join(between(f"(?:{one.english})", f"(?:{two.english})") for one, two in forms)
    german = "|".join(between(one.either, two.either) for one, two in forms)
    if first[1] == second[1]:
        days = between(f"(?:{day_forms(first[0])})", f"(?:{day_forms(second[0])})")
        dotted = between(rf"(?:{day_forms(first[0])})\.?", rf"(?:{day_forms(second[0])})\.?")
        for style in (False, True):
            name, tail = month(first[1], style), after_month(second[2])
            shared = rf"(?:{dotted if style else days})\s(?:of\s)?(?:{name}){tail}"
            shared += rf"|(?:{name})\s(?:the\s)?(?:{days}){tail}"
            english, german = (english, f"{german}|{shared}") if style else (f"{english}|{shared}", german)
    return standing_alone(Forms(english, german), r"(?![A-Za-z0-9])(?![.:/-][0-9])")


def shortened(day, number, year):
    return [bare_date(day, number, year), bare_date(day, number)] if year else [bare_date(day, number)]


def half_day(hour):
    return r"p\.?\s?m\b\.?" if hour % 24 >= 12 else r"a\.?\s?m\b\.?"


def time(hour, minute=0):
    """A time of day; a time after noon in 12 hours needs its p.m., except with o'clock."""
    right, wrong = half_day(hour), half_day(hour + 12)
    twelve = (hour - 1) % 12 + 1
    minutes = rf"[:.]{minute:02}" if minute else r"(?:[:.]00)?"
    stated = rf"[:.]{minute:02}"
    english = [
        rf"0?{hour}{stated}(?:\s?(?:o.?clock|hours|hrs?|h))?(?:\s?{right})?",
        rf"0?(?:{hour}|{twelve}){minutes}\s?(?:o['’]?\s?clock\s)?{right}",
        rf"(?:{words(twelve)})\s?{right}" if not minute else "",
        rf"0?{hour}{minutes}\s?o['’]?\s?clock",
        rf"(?:{twelve}|{words(twelve)}|{words(hour)})\s?o['’]?\s?clock" if not minute else "",
        {12: "(?:twelve\s)?noon|midday", 0: "midnight", 24: "midnight"}.get(hour, "") if not minute else "",
        spoken_time(hour, minute),
    ]
    german = rf"{hour}{minutes}\s?(?:Uhr|hours|hrs?|h)\b"
    if not minute:
        german += rf"|(?<=\bat\s){hour}|(?<=\bfrom\s){hour}|(?<=\bby\s){hour}|(?<=\buntil\s){hour}|(?<=\bto\s){hour}"
    forms = Forms("|".join(filter(None, english)), german)
    return standing_alone(forms, rf"(?![A-Za-z0-9])(?![:.][0-9])(?!\s?{wrong})")


def spoken_time(hour, minute):
    this, following = (words((at - 1) % 12 + 1) for at in (hour, hour + 1))
    this, following = f"(?:{this}|{(hour - 1) % 12 + 1})", f"(?:{following}|{hour % 12 + 1})"
    said = {
        30: rf"half\s(?:past\s)?{this}",
        15: rf"(?:a\s)?quarter\spast\s{this}",
        45: rf"(?:a\s)?quarter\sto\s{following}",
    }
    return said.get(minute, "")


def time_span(first, second):
    """From one (hour, minute) to another."""
    (hour, minute), (until, until_minute) = first, second
    twelve = lambda at: (at - 1) % 12 + 1
    minutes = lambda value: rf"[:.]{value:02}" if value else r"(?:[:.]00)?"
    clock = r"(?:\s?(?:o['’]?\s?clock|hours|hrs?|h|Uhr))?"
    one = rf"(?:0?{hour}{minutes(minute)}{clock}|0?{twelve(hour)}{minutes(minute)})(?:\s?{half_day(hour)})?"
    two = rf"(?:0?{until}{minutes(until_minute)}{clock}(?:\s?{half_day(until)})?"
    two += rf"|0?{twelve(until)}{minutes(until_minute)}\s?{half_day(until)})"
    return standing_alone(Forms(between(one, two)), rf"(?![A-Za-z0-9])(?![:.][0-9])(?!\s?{half_day(until + 12)})")


# What marks a provision, and the English names of laws that have an official one.
PROVISION = r"(?:§§?|sections?|sec\.|s\.|art(?:\.|icles?\b)?|paragraphs?|para\.?)"
LAWS = {"OR": "OR|CO", "ZGB": "ZGB|CC|SCC", "BGB": "BGB|Civil\sCode", "StGB": "StGB|SCC|Criminal\sCode"}


def law(parts, code=""):
    """All numbers and letters of a reference in their order, whatever words stand between."""
    gap = r"[^0-9\n;]{0,24}?"
    # The law may touch the number before it: Art. 25DSG.
    steps = [rf"(?<![A-Za-z0-9]){part}(?![a-z0-9])" for part in parts]
    steps += [rf"(?<![A-Za-z])(?:{LAWS.get(code, code)})(?![A-Za-z])"] if code else []
    # Capital letters are part of a law's name.
    return Forms(rf"(?i:(?<![A-Za-z]){PROVISION}\s?)" + gap.join(steps))


def entity(text, characters):
    return Forms(rf"{re.escape(text)}|[{characters}]")
