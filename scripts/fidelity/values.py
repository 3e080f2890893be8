"""Random numbers, amounts, dates and times: atoms with a value, which English may write in another way."""

import datetime
from decimal import Decimal
from functools import partial

import forms
from atoms import NAMES, Atom
from forms import Forms


# Numbers and amounts


def spelled(dice, value, places=0, swiss=None):
    """A number in one of the German or Swiss spellings, with `places` digits after the decimal mark."""
    whole, _, fraction = f"{abs(value):.{places}f}".partition(".")
    swiss = dice.random() < 0.4 if swiss is None else swiss
    separators = ["'", "’"] if swiss else [".", ".", " "] if not fraction else ["."]
    separator = dice.choice(separators) if len(whole) > 3 and dice.random() < 0.7 else ""
    mark = dice.choice(".,") if swiss else ","
    return forms.grouped(int(whole), separator) + (mark + fraction if fraction else "")


def whole_number(dice):
    size = dice.choice([1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 7])
    return dice.randrange(2 if size == 1 else 10 ** (size - 1), 10**size)


def count(dice):
    value = whole_number(dice)
    return Atom("number", spelled(dice, value), forms.number(value))


def small(dice):
    value = dice.randrange(2, 100)
    return Atom("number", str(value), forms.number(value))


def decimal(dice):
    places = dice.choice([1, 1, 2])
    value = Decimal(dice.randrange(11, 10 ** dice.choice([2, 3, 4, 6]))) / 10**places
    return Atom("number", spelled(dice, value, places, swiss=False), forms.number(value))


def price(dice):
    """A cell of a price column, without its currency."""
    value = cents(dice)
    return Atom("number", spelled(dice, value, 2), forms.number(value))


def cents(dice):
    value = Decimal(dice.randrange(100, 10 ** dice.choice([4, 5, 6, 7])))
    return (value // 5 * 5 if dice.random() < 0.5 else value) / 100


def amount(dice):
    currency = dice.currency
    if dice.random() < 0.5:
        value, places = cents(dice), 2
    else:
        value, places = Decimal(dice.randrange(5, 10 ** dice.choice([2, 3, 4, 5]))), 0
    text = spelled(dice, value, places, swiss=currency == "CHF")
    dash = dice.choice([".–", ".-", ".—"])
    styles = {
        "CHF": ["CHF {}", "CHF {}", "Fr. {}", "{} Franken"] + ["CHF {}" + dash, "Fr. {}" + dash] * (not places),
        "EUR": ["{} €", "{} Euro", "{} EUR", "€ {}", "EUR {}"],
        "USD": ["{} US-Dollar", "USD {}", "{} USD"],
    }
    return Atom("amount", dice.choice(styles[currency]).format(text), forms.money(value, currency))


def large_amount(dice):
    currency, name = dice.currency, NAMES[dice.currency]
    value = Decimal(dice.randrange(11, 999)) / 10
    exponent, scale = dice.choice([(6, "Mio."), (6, "Millionen"), (9, "Mrd."), (9, "Milliarden")])
    text = f"{value.normalize():f}".replace(".", ",")
    source = dice.choice(
        [f"{text} {scale} {name}", f"{currency} {text} {scale}"] if "." in scale else [f"{text} {scale} {name}"]
    )
    return Atom("amount", source, forms.large_money(value, exponent, currency))


def percent(dice):
    places = dice.choice([0, 1, 1, 2])
    value = Decimal(dice.randrange(1, 100 * 10**places)) / 10**places
    text = spelled(dice, value, places, swiss=False)
    return Atom("percentage", text + dice.choice([" %", "%", " Prozent"]), forms.percentage(value))


def pair(dice, low, high):
    first = dice.randrange(low, high)
    return first, first + dice.randrange(2, max(high // 3, 4))


def span(dice):
    first, second = pair(dice, 2, 40)
    return Atom(
        "range", dice.choice(["{}–{}", "{}–{}", "{}-{}", "{} bis {}"]).format(first, second), forms.span(first, second)
    )


def pages(dice):
    first, second = pair(dice, 10, 400)
    return Atom("range", f"{first}–{second}", forms.span(first, second))


def percent_span(dice):
    first, second = (Decimal(value) / 10 for value in pair(dice, 2, 90))
    text = [f"{value:.1f}".replace(".", ",") for value in (first, second)]
    return Atom("range", "–".join(text) + " %", forms.percentage_span(first, second))


def amount_span(dice):
    first, second = (10 * value for value in pair(dice, 3, 90))
    currency, name = dice.currency, NAMES[dice.currency]
    source = dice.choice(
        [f"{currency} {first}–{second}", f"{currency} {first} bis {second}", f"{first}–{second} {name}"]
    )
    return Atom("range", source, forms.money_span(first, second, currency))


# Units by what they measure, each with its English names.
MEASURES = {
    "length": {"km": r"km|kilomet(?:er|re)s?", "Kilometer": r"km|kilomet(?:er|re)s?", "m": r"m|met(?:er|re)s?"},
    "width": {
        "m": r"m|met(?:er|re)s?",
        "Meter": r"m|met(?:er|re)s?",
        "cm": r"cm|centimet(?:er|re)s?",
        "mm": r"mm|millimet(?:er|re)s?",
    },
    "weight": {
        "kg": r"kg|kilos?|kilogram(?:me)?s?",
        "Kilo": r"kg|kilos?|kilogram(?:me)?s?",
        "g": r"g|grams?|grammes?",
        "Gramm": r"g|grams?|grammes?",
    },
    "volume": {"l": r"l|lit(?:er|re)s?", "Liter": r"l|lit(?:er|re)s?", "dl": r"dl|decilit(?:er|re)s?"},
    "speed": {"km/h": r"km/h|kph|kilomet(?:er|re)s?\s(?:per|an)\shour"},
    "memory": {"GB": r"GB|gigabytes?", "MB": r"MB|megabytes?"},
    "energy": {"kWh": r"kWh|kilowatt[\s-]?hours?"},
}


def measure(dice, quantity):
    unit, english = dice.choice(list(MEASURES[quantity].items()))
    places = dice.choice([0, 0, 1])
    value = Decimal(dice.randrange(2 * 10**places, 10 ** (places + dice.choice([2, 3])))) / 10**places
    return Atom("measure", f"{spelled(dice, value, places, swiss=False)} {unit}", forms.measure(value, english, unit))


def temperature(dice):
    value = dice.choice([1, -1]) * dice.randrange(2, 35)
    sign = dice.choice(["-", "−", "minus "]) if value < 0 else ""
    source = f"{sign}{abs(value)}{dice.choice([' Grad', ' °C'])}"
    return Atom("measure", source, forms.measure(value, r"°\s?C?|degrees?(?:\s(?:Celsius|centigrade|C\b))?", "Grad"))


def size(dice):
    first, second, unit = dice.randrange(2, 60), dice.randrange(2, 60), dice.choice(["Meter", "m", "cm"])
    source = f"{first} {dice.choice('×x')} {second} {unit}"
    return Atom("measure", source, forms.dimensions(first, second, MEASURES["width"][unit]))


def fraction(dice):
    """For things that come in halves, of which there is more than one."""
    sign, whole = dice.choice("½½¼¾"), dice.randrange(1, 13)
    return Atom("fraction or exponent", f"{whole}{sign}", forms.mixed(whole, sign))


def three_quarters(dice):
    return Atom("fraction or exponent", "¾", forms.mixed(0, "¾"))


def area(dice):
    unit, exponent, english = dice.choice([
        ("m", 2, r"sq\.?\sm|square\smet(?:er|re)s?"),
        ("m", 3, r"cubic\smet(?:er|re)s?|cbm"),
        ("km", 2, r"sq\.?\skm|square\skilomet(?:er|re)s?"),
        ("cm", 2, r"square\scentimet(?:er|re)s?"),
    ])  # fmt: skip
    value = dice.randrange(2, 800)
    source = f"{value} {unit}{'²' if exponent == 2 else '³'}"
    return Atom("fraction or exponent", source, forms.power(value, unit, exponent, english))


def power_of_ten(dice):
    exponent = dice.randrange(3, 13)
    raised = "".join("⁰¹²³⁴⁵⁶⁷⁸⁹"[int(digit)] for digit in str(exponent))
    return Atom("fraction or exponent", f"10{raised}", forms.ten_to(exponent, raised))


def ordinal(dice):
    value = dice.randrange(2, 13)
    return Atom("ordinal", f"{value}.", forms.ordinal(value))


def chapter(dice):
    value = dice.randrange(2, 30)
    return Atom("ordinal", f"{value}.", forms.numbered(value, "chapter|section|part|volume"))


def quarter(dice):
    value = dice.randrange(2, 5)
    return Atom("ordinal", f"{forms.ROMAN[value - 1]}.", forms.roman(value))


def roman(dice):
    value = dice.randrange(2, 22)
    return Atom("ordinal", f"{forms.ROMAN[value - 1]}.", forms.roman(value))


# Dates and times


def any_day(dice):
    return datetime.date(2015, 1, 1) + datetime.timedelta(days=dice.randrange(4500))


def date(dice):
    day = any_day(dice)
    parts = day.day, day.month, day.year
    styles = [
        f"{day.day}. {forms.MONATE[day.month - 1]} {day.year}",
        f"{day:%d.%m.%Y}",
        f"{day.day}.{day.month}.{day.year}",
        f"{day.day}.{day.month}.{day.year % 100:02}",
        f"{day:%Y-%m-%d}",
    ]
    return Atom("date", dice.choices(styles, [4, 3, 2, 1, 1])[0], forms.date(*parts))


def named_date(dice):
    day = any_day(dice)
    source = f"{day.day}. {forms.MONATE[day.month - 1]} {day.year}"
    return Atom("date", source, forms.date(day.day, day.month, day.year))


def named_day(dice):
    day = any_day(dice)
    return Atom("date", f"{day.day}. {forms.MONATE[day.month - 1]}", forms.date(day.day, day.month))


def short_day(dice):
    """Day and month in digits, before a word that goes on."""
    day = any_day(dice)
    return Atom("date", f"{day.day}.{day.month}.", forms.date(day.day, day.month))


def month(dice):
    day = any_day(dice)
    return Atom("date", f"{forms.MONATE[day.month - 1]} {day.year}", forms.month_of_year(day.month, day.year))


def year(dice):
    value = str(dice.randrange(1950, 2030))
    return Atom("date", value, forms.standing_alone(Forms(value)))


def dates(dice):
    """With what the sentence says before it: vom, zwischen."""
    first = any_day(dice)
    days = dice.randrange(2, 200)
    if dice.random() < 0.5:
        first, days = first.replace(day=min(first.day, 20)), dice.randrange(2, 8)
    second = first + datetime.timedelta(days=days)
    one, two = (f"{day.day}. {forms.MONATE[day.month - 1]}" for day in (first, second))
    styles = [f"{first:%d.%m.%Y} bis {second:%d.%m.%Y}", f"{one} {first.year} bis {two} {second.year}"]
    if first.year == second.year:
        styles.append(f"{one} bis {two} {second.year}")
        if first.month == second.month:
            styles += [f"{first.day}. bis {two} {second.year}", f"{first.day}.–{two} {second.year}"]
    ends = ((day.day, day.month, day.year) for day in (first, second))
    return Atom("range of dates", dice.choice(styles), forms.date_span(*ends))


def time(dice):
    hour, minute = dice.randrange(7, 23), dice.choice([0, 0, 15, 30, 45, 5, 20])
    style = dice.choice(["{hour} Uhr"] if not minute else ["{hour}.{minute:02} Uhr", "{hour}:{minute:02} Uhr"])
    return Atom("time", style.format(hour=hour, minute=minute), forms.time(hour, minute))


def times(dice):
    first = dice.randrange(7, 12), dice.choice([0, 15, 30])
    second = dice.randrange(12, 22), dice.choice([0, 15, 30, 45])
    if first[1] == second[1] == 0:
        source = dice.choice([f"{first[0]}–{second[0]} Uhr", f"{first[0]} bis {second[0]} Uhr"])
    else:
        mark = dice.choice(".:")
        source = "{:02}{m}{:02}–{:02}{m}{:02} Uhr".format(*first, *second, m=mark)
    return Atom("range of times", source, forms.time_span(first, second))


def law(dice):
    code = dice.choice(["StG", "OR", "ZGB", "BGB", "DSG", "MWSTG", "StGB", "AHVG"])
    number, paragraph, letter = dice.randrange(2, 400), dice.randrange(1, 7), dice.choice("abcde")
    mark = "Art." if code in ("OR", "ZGB", "DSG", "MWSTG", "AHVG") else "§"
    styles = [
        (f"{mark} {number} {code}", [number], code),
        (f"{mark} {number} Abs. {paragraph} {code}", [number, paragraph], code),
        (f"{mark} {number} Abs. {paragraph} lit. {letter} {code}", [number, paragraph, letter], code),
        (f"{mark} {number} Abs. {paragraph}", [number, paragraph], ""),
    ]
    source, parts, code = dice.choice(styles)
    return Atom("law reference", source, forms.law(parts, code))


def section(dice):
    number = dice.randrange(2, 60)
    return Atom("law reference", f"§ {number}", forms.law([number]))


# The names that the grammar has for them.
MAKERS = {
    maker.__name__: maker
    for maker in (
        count, small, decimal, price, amount, large_amount, percent, span, pages, percent_span, amount_span, temperature,
        size, fraction, three_quarters, area, power_of_ten, ordinal, chapter, quarter, roman, date, named_date, named_day,
        short_day, month, year, dates, time, times, law, section,
    )
}  # fmt: skip
MAKERS |= {quantity: partial(measure, quantity=quantity) for quantity in MEASURES}
