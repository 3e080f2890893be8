"""Random identifiers, addresses and marks: atoms that come through letter by letter."""

import uuid

import forms
from atoms import Atom, exact
from forms import Forms

CAPITALS = "ABCDEFGHJKLMNPRSTUVWXYZ"


def digits(dice, count):
    """A number of so many digits, the first of them not 0."""
    return str(dice.randrange(10 ** (count - 1), 10**count))


def letters(dice, count, alphabet=CAPITALS):
    return "".join(dice.choices(alphabet, k=count))


def blocks(text, *lengths):
    parts, at = [], 0
    for length in lengths:
        parts.append(text[at : at + length])
        at += length
    return parts


# Identifiers


def iban(dice):
    country, bank, account = dice.choice([("DE", 8, 10), ("CH", 5, 12), ("AT", 5, 11)])
    number = digits(dice, bank) + str(dice.randrange(10**account)).zfill(account)
    check = 98 - int(number + "".join(str(ord(letter) - 55) for letter in country) + "00") % 97
    text = f"{country}{check:02}{number}"
    if dice.random() < 0.8:
        text = " ".join(text[at : at + 4] for at in range(0, len(text), 4))
    return exact("identifier", text)


def uid(dice):
    """The number of a Swiss company; eight digits and one that proves them."""
    while True:
        number = digits(dice, 8)
        check = -sum(int(digit) * weight for digit, weight in zip(number, (5, 4, 3, 2, 7, 6, 5, 4))) % 11
        if check < 10:
            return exact("identifier", "CHE-" + ".".join(blocks(f"{number}{check}", 3, 3, 3)))


def any_uuid(dice):
    return exact("identifier", str(uuid.UUID(int=dice.getrandbits(128), version=4)))


def invoice(dice):
    year, month, day = dice.randrange(2015, 2027), dice.randrange(1, 10), dice.randrange(10, 28)
    serial = dice.randrange(1, 1000)
    styles = [
        f"RE-{year}-{serial}",
        f"TX-{year}{month:02}{day}-{serial:03}",
        digits(dice, 10),
        letters(dice, 2) + digits(dice, 7),
    ]
    return exact("identifier", dice.choice(styles))


def plate(dice):
    swiss, german = dice.choice(["ZH", "BE", "AG", "SG", "TG"]), dice.choice(["B", "M", "HH", "K", "KA"])
    number = digits(dice, dice.choice([3, 4, 5, 6]))
    return exact("identifier", dice.choice([f"{swiss} {number}", f"{german}-{letters(dice, 2)} {number[:4]}"]))


def key(dice):
    return exact("identifier", "-".join(letters(dice, 5, CAPITALS + "23456789") for _ in range(dice.choice([4, 5]))))


def vat(dice):
    return exact("identifier", dice.choice([f"DE{digits(dice, 9)}", f"ATU{digits(dice, 8)}"]))


def isbn(dice):
    number = "9783" + digits(dice, 8)
    check = -sum(int(digit) * (3 if at % 2 else 1) for at, digit in enumerate(number)) % 10
    return exact("identifier", "-".join(blocks(f"{number}{check}", 3, 1, 2, 6, 1)))


def reference(dice):
    year = dice.randrange(10, 27)
    styles = [
        f"{dice.choice(['V ZR', 'VIII ZR', 'IV ZB', 'X ARZ'])} {dice.randrange(1, 400)}/{year}",
        f"B-{digits(dice, 4)}/20{year}",
        f"{dice.randrange(2, 10)}C_{digits(dice, 3)}/20{year}",
    ]
    return exact("identifier", dice.choice(styles))


def insured(dice):
    number = "756" + digits(dice, 9)
    check = -sum(int(digit) * (3 if at % 2 else 1) for at, digit in enumerate(number)) % 10
    return exact("identifier", ".".join(blocks(f"{number}{check}", 3, 4, 4, 2)))


def version(dice):
    return exact("identifier", ".".join(str(dice.randrange(top)) for top in dice.choice([(9, 20, 12), (4, 30, 9, 99)])))


def bic(dice):
    country, branch = dice.choice(["DE", "CH", "AT"]), dice.choice(["XXX", letters(dice, 3), ""])
    return exact("identifier", letters(dice, 4) + country + letters(dice, 2) + branch)


# Addresses, and marks of the trade


HOSTS = "haus-garten.de muster.example beispiel.ch verein-winterthur.ch kunden.example.com stadtwerke.example".split()
PATHS = "anmeldung preise/liste konto?id={} hilfe/faq#punkt-{} de/artikel/{} download/v{}/setup.exe".split()


def domain(dice):
    return exact("address", dice.choice(["", "www."]) + dice.choice(HOSTS))


def url_text(dice):
    page = dice.choice(PATHS).format(dice.randrange(2, 9999))
    return f"https://{dice.choice(['', 'www.'])}{dice.choice(HOSTS)}/{page}"


def url(dice):
    return exact("address", url_text(dice))


def mail(dice):
    name = dice.choice(["info", "anna.meier", "support", "t.keller", f"kunde{dice.randrange(2, 999)}", "noreply+test"])
    return exact("address", f"{name}@{dice.choice(HOSTS)}")


def path(dice):
    styles = [
        "/home/anna/bilder/hund{}.jpg",
        "/var/log/app-{}.log",
        r"C:\Users\Anna\Bilder\{}",
        "~/dokumente/{}/brief.odt",
        r"\\server{}\freigabe\plan.pdf",
        "/etc/ssl/certs",
    ]
    return exact("address", dice.choice(styles).format(dice.randrange(2, 999)))


def handle(dice):
    return exact("address", dice.choice(["@anna@mastodon.example", "@verein_bern", f"@user{dice.randrange(2, 9999)}"]))


def hashtag(dice):
    return exact("address", dice.choice(["#Katzen", "#Winterthur2026", "#GartenLiebe", "#fyp", "#OpenSource"]))


def phone(dice):
    number = digits(dice, 9)
    area, rest = number[:2], " ".join(blocks(number[2:], 3, 2, 2))
    styles = [
        f"+41 {area} {rest}",
        f"0{area} {rest}",
        f"+49 {area} {number[2:]}",
        f"0800 {rest[:6]}",
        f"0{area}/{number[3:]}",
    ]
    return exact("address", dice.choice(styles))


STREETS = (
    "Pionierstrasse Bahnhofstrasse Lindenweg Seestrasse Rosengasse Marktplatz Hauptstraße Gartenstrasse Kirchweg "
    "Mühlegasse"
).split()
# Towns that English has a name of its own for may have that.
TOWNS = {
    "8403 Winterthur": "", "9000 St. Gallen": "", "3011 Bern": "Berne", "8005 Zürich": "Zurich", "1204 Genf": "Geneva",
    "10115 Berlin": "", "80331 München": "Munich", "4051 Basel": "Basle", "6003 Luzern": "Lucerne",
    "79098 Freiburg im Breisgau": "",
}  # fmt: skip


def street(dice):
    return exact("place", f"{dice.choice(STREETS)} {dice.randrange(1, 190)}{dice.choice(['', '', '', 'a', 'b'])}")


def town(dice):
    source = dice.choice(list(TOWNS))
    spellings = {source, f"{source.split()[0]} {TOWNS[source]}"} if TOWNS[source] else {source}
    return Atom("place", source, Forms("|".join(forms.exact(text).english for text in sorted(spellings))))


FIRST = "Anna Thomas Ursula Peter Mirjam Stefan Claudia Jürg Brigitte Lukas Zoë Andreas".split()
LAST = "Meier Keller Baumgartner Schneider Zimmermann Huber Vogel Steiner Müller Brunner König Graf".split()


def name(dice):
    return exact("name", f"{dice.choice(FIRST)} {dice.choice(LAST)}")


PLACEHOLDERS = (
    "{name}|{0}|{count}|{user_name}|%s|%d|%1$s|%2$d|%(country)s|%.2f|{{name}}|{{ name }}|${name}|__NAME__|__COUNT__|[[user]]|%@"
).split("|")
CODES = [
    "git pull", "cargo build --release", "max_size = 250", "x += 1", "null", "SELECT * FROM kunden WHERE id = 42", "--dry-run",
    "sudo apt install mariadb-server", "if (a && b)", "README.md",
]  # fmt: skip
EMOJI = "😊 👍 🎉 ✅ ❌ ⚠️ 🇨🇭 👩‍💻 ☎️ 📎 🐶 ❤️ 1️⃣ 👋🏽".split()


def placeholder(dice):
    return exact("placeholder", dice.choice(PLACEHOLDERS))


def anchor(dice):
    target = dice.choice([url_text(dice), f"t3://page?uid={dice.randrange(2, 999)}"])
    return exact("tag", f'<a href="{target}">')


def link_end(dice):
    """The end of `[text](address)`."""
    return exact("markdown", f"]({url_text(dice)})")


def code(dice):
    return exact("code", f"`{dice.choice(CODES)}`")


def emoji(dice):
    return exact("emoji", dice.choice(EMOJI))


# The names that the grammar has for them.
MAKERS = {
    maker.__name__: maker
    for maker in (
        iban, uid, any_uuid, invoice, plate, key, vat, isbn, reference, insured, version, bic, domain, url, mail, path, handle,
        hashtag, phone, street, town, name, placeholder, anchor, link_end, code, emoji,
    )
}  # fmt: skip
