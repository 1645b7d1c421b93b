"""Values for invented databases: names of people, firms and places that do not exist, dates, amounts."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import date, timedelta

_FIRST = (
    "Anna Marco Leila Jonas Ingrid Tomas Aisha Peter Sofia Karim Elena Hugo Mei Oscar Nadia Felix Priya Lukas Clara Omar Julia Stefan "
    "Rosa Viktor Yuki Hanna Pablo Greta Samir Emma Noah Olga Diego Maja Ruben Ivana Liam Zoe Anton Carla Dmitri Esther Farid Gloria "
    "Henrik Iris Jakob Kira Leo Mona Nils Paula Rafael Sara Timo Ursula Vera William Xenia Zeynep Alice Bruno Chloe Daniel Eva Frank "
    "Grace Harold Irene James Kate Linda Martin Nora Oliver Petra Quentin Rita Simon Tina"
).split()
_LAST = (
    "Berg Rossi Haddad Novak Olsen Weber Silva Tanaka Moreau Kowalski Fischer Lindgren Okafor Petrov Garcia Dubois Schmidt Andersen "
    "Costa Yilmaz Ivanova Nguyen Larsen Becker Romano Horvat Jensen Keller Lopez Meyer Nielsen Ortega Park Quinn Ricci Sato Torres Ueda "
    "Vogel Walker Young Zimmer Adams Baker Carter Dixon Ellis Foster Grant Hughes Irving Jones Khan Lewis Morris Norton Owens Palmer "
    "Reyes Stone Turner Vance Watson Brandt Castro Demir Eriksen Fontaine Greco Hoffmann Ito Jansen Kaur Laurent Mendes Virtanen"
).split()
_CITIES = (
    "Oslo Bergen Hamburg Lyon Porto Turin Krakow Ghent Malmo Bristol Leeds Zurich Graz Brno Seville Tampere Aarhus Utrecht Split Riga "
    "Austin Denver Boston Chicago Seattle Toronto Lima Quito Osaka Busan Hanoi Pune Nairobi Accra Cairo Izmir Perth Dublin Cork Bilbao "
    "Nantes Bologna Leipzig Dresden Basel Linz Gdansk Vilnius Tartu Uppsala Manchester"
).split() + ["New York", "San Diego", "Cape Town", "St. Gallen"]
_COUNTRIES = [
    "Norway",
    "Germany",
    "France",
    "Portugal",
    "Italy",
    "Poland",
    "Belgium",
    "Sweden",
    "United Kingdom",
    "Switzerland",
    "Austria",
    "Spain",
    "Finland",
    "Denmark",
    "Netherlands",
    "Canada",
    "United States",
    "Japan",
    "South Korea",
    "India",
    "Kenya",
    "Ghana",
    "Egypt",
    "Turkey",
    "Australia",
    "Ireland",
    "Brazil",
    "Mexico",
    "Peru",
    "Vietnam",
    "Greece",
    "Croatia",
]
_REGIONS = [
    "North",
    "South",
    "East",
    "West",
    "Coast",
    "Highlands",
    "Lake District",
    "Bay Area",
    "Upper Valley",
    "Lowlands",
    "Northern Hills",
    "Black Forest",
    "River Delta",
    "Old Town",
    "Western Isles",
    "Midlands",
]
_ADJ = (
    "Silver Quiet Northern Golden Red Hidden Bright Lost Blue Little Old Green Broken Silent Wild Early Distant Crimson Hollow Winter "
    "Summer Iron Velvet Paper Glass Stone Amber Crystal Shadow Royal"
).split()
_NOUN = (
    "River Garden Lantern Mountain Harbor Forest Mirror Bridge Letter Star Island Road Window Dream Castle Storm Orchard Voice Clock "
    "Ocean Feather Compass Candle Tower Meadow Journey Rain Fox Swan Crown"
).split()
_STEM = (
    "Nord Alta Brix Corvo Delta Elmo Fjord Gala Hexa Inno Juno Kestrel Lumen Mira Nova Orbit Pala Quanta Rivo Sola Terra Umbra Vega Wil "
    "Xeno Yara Zenit Acorn Birch Cobalt"
).split()
_KIND = [
    "Ltd",
    "GmbH",
    "Group",
    "Supplies",
    "Foods",
    "Trading",
    "Industries",
    "Partners",
    "& Sons",
    "Works",
    "Systems",
    "Logistics",
    "Energy",
    "Media",
    "AS",
    "Inc",
    "Brothers",
    "Labs",
]
_THINGS = (
    "Lamp,Mug,Backpack,Notebook,Chair,Blanket,Kettle,Jacket,Clock,Vase,Pillow,Umbrella,Scarf,Bottle,Desk,Knife,Basket,Mirror,Candle,Towel,Wallet,Puzzle,Kite,Teapot,Bowl,Rug,Stool,Speaker,Headphones,Keyboard"
).split(",")
_MODIFIERS = (
    "Classic,Mini,Wooden,Steel,Travel,Soft,Deluxe,Eco,Vintage,Compact,Ceramic,Linen,Leather,Folding,Bamboo,Copper,Nordic,City,Kids,Pro"
).split(",")

Maker = Callable[[random.Random, int], list[object]]


def choices(rng: random.Random, n: int, pool: list[str]) -> list[object]:
    weights = [1 / (i + 1.5) for i in range(len(pool))]
    shuffled = rng.sample(pool, len(pool))
    return list(rng.choices(shuffled, weights, k=n))


def unique(make: Callable[[], str], n: int) -> list[object]:
    found: dict[str, None] = {}
    for _ in range(40 * n):
        found[make()] = None
        if len(found) == n:
            break
    while len(found) < n:
        found[f"{make()} {len(found)}"] = None
    return list(found)


def _names(*parts: list[str] | tuple[str, ...]) -> Maker:
    return lambda rng, n: unique(lambda: " ".join(rng.choice(p) for p in parts), n)


def _pool(*words: str) -> Maker:
    """Words that may repeat, as in a column that describes."""
    return lambda rng, n: choices(rng, n, list(words)[: rng.randint(4, max(4, min(14, len(words))))] if len(words) > 6 else list(words))


def _some(pool: list[str], most: int = 12) -> Maker:
    return lambda rng, n: choices(rng, n, rng.sample(pool, min(len(pool), rng.randint(4, most))))


def _day(rng: random.Random, first: int, last: int) -> str:
    return (date(first, 1, 1) + timedelta(days=rng.randrange((last - first + 1) * 365))).isoformat()


def _dates(rng: random.Random, n: int) -> list[object]:
    last = rng.choice((2023, 2024, 2024, 2025))
    first = last - rng.choice((1, 2, 3, 5, 9))
    return [_day(rng, first, last) for _ in range(n)]


GENERATORS: dict[str, Maker] = {
    "person": _names(_FIRST, _LAST),
    "first": lambda rng, n: list(rng.choices(_FIRST, k=n)),
    "last": lambda rng, n: list(rng.choices(_LAST, k=n)),
    "company": _names(_STEM, _KIND),
    "brand": lambda rng, n: choices(rng, n, rng.sample(_STEM, rng.randint(4, 9))),
    "city": _some(_CITIES),
    "country": _some(_COUNTRIES),
    "city_unique": lambda rng, n: unique(
        lambda: rng.choice(_CITIES) if rng.random() < 0.7 else rng.choice(_STEM) + rng.choice(("ville", "stad", "burg", "ford", "port")), n
    ),
    "country_unique": lambda rng, n: unique(
        lambda: rng.choice(_COUNTRIES) if rng.random() < 0.8 else rng.choice(_STEM) + rng.choice(("ia", "land", "stan")), n
    ),
    "region": _some(_REGIONS),
    "colour": _pool("red", "blue", "green", "black", "white", "yellow", "grey", "brown"),
    "thing": _names(_MODIFIERS, _THINGS),
    "title": lambda rng, n: unique(
        lambda: rng.choice(("{a} {n}", "The {a} {n}", "{n} of {b}", "The {n}", "A {a} {n}", "{n} and {m}", "Beyond the {n}")).format(
            a=rng.choice(_ADJ), n=rng.choice(_NOUN), m=rng.choice(_NOUN), b=rng.choice(_ADJ)
        ),
        n,
    ),
    "band": lambda rng, n: unique(
        lambda: rng.choice(("The {a} {n}s", "{a} {n}", "{f} {l}", "{n} Club")).format(
            a=rng.choice(_ADJ), n=rng.choice(_NOUN), f=rng.choice(_FIRST), l=rng.choice(_LAST)
        ),
        n,
    ),
    "team": lambda rng, n: unique(
        lambda: f"{rng.choice(_CITIES)} {rng.choice(('United', 'Rovers', 'Wolves', 'FC', 'Stars', 'Eagles', 'Athletic'))}", n
    ),
    "league": _names(("Premier", "National", "Regional", "Coastal", "Northern", "City"), ("League", "Cup", "Division", "Series")),
    "course": _names(
        ("Introduction to", "Advanced", "Applied", "Modern", "Basics of", "Topics in"),
        (
            "Statistics",
            "Painting",
            "Biology",
            "Marketing",
            "Robotics",
            "Poetry",
            "Economics",
            "Chemistry",
            "Ethics",
            "Databases",
            "Accounting",
            "Music Theory",
            "First Aid",
        ),
    ),
    "award": _names(
        ("Golden", "Silver", "National", "Young Talent", "Nordic", "City"), ("Prize", "Award", "Medal", "Trophy", "Fellowship")
    ),
    "drug": lambda rng, n: unique(
        lambda: (
            rng.choice(("Ami", "Bel", "Cor", "Dexa", "Flu", "Lor", "Neo", "Pan", "Ribo", "Zol"))
            + rng.choice(("tax", "doril", "mycin", "pril", "statin", "zepam", "lene", "vir"))
        ),
        n,
    ),
    "event": _names(
        ("Spring", "Autumn", "Annual", "Night", "Family", "Harvest", "Open", "Winter"),
        ("Fair", "Meeting", "Walk", "Workshop", "Festival", "Market", "Gala", "Concert", "Lecture"),
    ),
    "dept": _pool(
        "Sales", "Marketing", "Finance", "Engineering", "Support", "Research", "Legal", "Human Resources", "Purchasing", "Logistics"
    ),
    "job": _pool(
        "accountant",
        "engineer",
        "designer",
        "analyst",
        "consultant",
        "nurse",
        "electrician",
        "teacher",
        "developer",
        "assistant",
        "manager",
        "salesperson",
    ),
    "industry": _pool("energy", "retail", "banking", "tourism", "software", "transport", "health", "food", "construction"),
    "project": lambda rng, n: unique(
        lambda: rng.choice(("Project {n}", "{a} {n}", "{n} Initiative", "Operation {n}")).format(a=rng.choice(_ADJ), n=rng.choice(_NOUN)), n
    ),
    "roomname": _names(_ADJ, ("Room", "Hall", "Studio")),
    "device": lambda rng, n: unique(
        lambda: f"{rng.choice(_STEM)} {rng.choice(('X', 'T', 'Pro ', 'S', 'Air ', 'M', 'Z'))}{rng.randint(1, 900)}", n
    ),
    "software": _names(_STEM, ("Desk", "Suite", "Mail", "Cloud", "Flow", "Base")),
    "ticket": _names(
        ("Printer", "Laptop", "Email", "VPN", "Password", "Screen", "Network", "Backup"),
        ("not working", "reset", "very slow", "error", "request", "broken"),
    ),
    "plate": lambda rng, n: unique(lambda: "".join(rng.choices("ABCDEFGHKLMNPRSTUVXYZ", k=2)) + f" {rng.randint(100, 9999)}", n),
    "iata": lambda rng, n: unique(lambda: "".join(rng.choices("ABCDEFGHKLMNOPRSTUVXYZ", k=3)), n),
    "flightno": lambda rng, n: unique(lambda: "".join(rng.choices("ABDKLSXYZ", k=2)) + str(rng.randint(100, 2999)), n),
    "street": lambda rng, n: unique(
        lambda: f"{rng.randint(1, 190)} {rng.choice(_NOUN)} {rng.choice(('Street', 'Road', 'Lane', 'Avenue', 'Square'))}", n
    ),
    "dish": _names(
        ("Grilled", "Spicy", "Creamy", "Fresh", "Roasted", "Sweet", "Smoked"),
        ("Salmon", "Noodles", "Soup", "Salad", "Curry", "Risotto", "Pancakes", "Tofu", "Pie", "Dumplings"),
    ),
    "food": _pool("flour", "butter", "tomatoes", "rice", "basil", "cheese", "onions", "salmon", "eggs", "beans", "garlic", "cream"),
    "breed": _pool("Holstein", "Angus", "Merino", "Poodle", "Beagle", "Siamese", "Lop", "Arabian", "Terrier", "Collie"),
    "petname": lambda rng, n: unique(
        lambda: rng.choice(
            "Bella Max Luna Rocky Milo Coco Daisy Charlie Nala Oreo Simba Ruby Toby Pepper Ginger Shadow Lucky Biscuit Mochi Pumpkin Bruno "
            "Kiwi Maple Ziggy".split()
        ),
        n,
    ),
    "journal": _names(
        ("Annals of", "Journal of", "Modern", "The Weekly", "Review of"),
        ("Science", "Nature Studies", "Gardening", "Chemistry", "Travel", "Design", "Energy", "Medicine"),
    ),
    "part": _names(
        ("M6", "M8", "Rear", "Front", "Spare", "Heavy", "Rubber", "Steel"),
        ("Screw", "Cable", "Spring", "Valve", "Filter", "Bearing", "Gasket", "Switch", "Fuse", "Chain"),
    ),
    "tour": _names(_ADJ, ("Trail", "Trek", "Cruise", "Safari", "Bike Tour", "Walk", "Expedition")),
    "river": lambda rng, n: unique(lambda: f"{rng.choice(_STEM)}{rng.choice(('a', 'e', 'au', 'ine', 'ra'))}", n),
    "mountain": lambda rng, n: unique(lambda: rng.choice(("Mount {s}", "{s} Peak", "{s}horn", "Piz {s}")).format(s=rng.choice(_STEM)), n),
    "lake": lambda rng, n: unique(lambda: f"Lake {rng.choice(_STEM)}{rng.choice(('', 'o', 'en'))}", n),
    "plantname": _names(
        ("Common", "Dwarf", "Wild", "Japanese", "Sweet", "Giant"),
        ("Lavender", "Maple", "Basil", "Rose", "Tulip", "Fern", "Thyme", "Apple", "Iris", "Peony", "Leek"),
    ),
    "plan": _names(("Basic", "Smart", "Mega", "Flex", "Family", "Young"), ("S", "M", "L", "Plus", "Unlimited")),
    "party": lambda rng, n: unique(
        lambda: (
            f"{rng.choice(('Liberal', 'Green', 'Centre', 'Labour', 'Progress', 'Rural', 'Civic', 'Unity'))} "
            f"{rng.choice(('Party', 'Union', 'Alliance', 'Movement'))}"
        ),
        n,
    ),
    "clubname": lambda rng, n: unique(
        lambda: (
            f"{rng.choice(_CITIES)} {rng.choice(('Chess', 'Sailing', 'Hiking', 'Choral', 'Photo', 'Tennis', 'Rowing'))} "
            f"{rng.choice(('Club', 'Society', 'Association'))}"
        ),
        n,
    ),
    "phrase": lambda rng, n: [
        rng.choice(
            (
                "very good",
                "as expected",
                "too late",
                "great value",
                "broken on arrival",
                "monthly payment",
                "gift for a friend",
                "would buy again",
                "not what I wanted",
                "rent",
                "groceries",
                "insurance",
            )
        )
        for _ in range(n)
    ],
    "email": lambda rng, n: unique(
        lambda: f"{rng.choice(_FIRST).lower()}.{rng.choice(_LAST).lower()}@{rng.choice(_STEM).lower()}.example", n
    ),
    "phone": lambda rng, n: unique(lambda: f"+{rng.randint(30, 60)} {rng.randint(200, 999)} {rng.randint(100000, 999999)}", n),
    "extension": lambda rng, n: unique(lambda: f"x{rng.randint(1000, 9999)}", n),
    "date": _dates,
    "date_old": lambda rng, n: [_day(rng, 1948, 2006) for _ in range(n)],
    "bool": lambda rng, n: [int(rng.random() < 0.55) for _ in range(n)],
}


def place(kind: str) -> Maker:
    suffix = {
        "shop": ("Store", "Outlet", "Corner", "Market"),
        "building": ("House", "Center", "Hall", "Block"),
        "hotel": ("Hotel", "Inn", "Palace", "Lodge"),
        "venue": ("Arena", "Hall", "Park", "Theatre", "Stadium"),
        "depot": ("Depot", "Hub", "Terminal"),
        "branch": ("Branch", "Office"),
        "food": ("Kitchen", "Grill", "Bistro", "Table", "Garden"),
        "airport": ("Airport", "International"),
        "farm": ("Farm", "Acres", "Fields"),
        "museum": ("Museum", "Gallery", "Collection", "Castle"),
        "plant": ("Works", "Plant", "Station"),
        "station": ("Station", "Point", "Ridge"),
    }[kind]
    return lambda rng, n: unique(lambda: f"{rng.choice(_CITIES + _ADJ + _NOUN)} {rng.choice(suffix)}", n)


def integers(rng: random.Random, n: int, low: int, high: int, plain: bool) -> list[object]:
    if plain or high - low < 100:
        return [rng.randint(low, high) for _ in range(n)]
    power = rng.choice((1.0, 1.6, 2.5))
    return [low + int((high - low) * rng.random() ** power) for _ in range(n)]


def reals(rng: random.Random, n: int, low: float, high: float, digits: int) -> list[object]:
    power = rng.choice((1.0, 1.8)) if high < 5000 else rng.choice((1.5, 3.0))
    whole = digits == 2 and (high > 5000 or rng.random() < 0.3)
    found = [low + (high - low) * rng.random() ** power for _ in range(n)]
    return [round(v) if whole else round(v, digits) for v in found]
