"""Larkfell Outdoor's books: a SQLite file of fourteen tables, from January 2022 to December 2025.

`build` promises the same rows for the same seed, keys that hold, and prices in cents. What the documents state (shops, who
manages them, products, prices, fees) is written out in the lists below; people and trade are drawn at random around it.
A null means something: a rental not yet returned, an employee with no manager, a product that is not for rent.
"""

import os
import random
import sqlite3
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

Row = tuple[Any, ...]
FIRST_DAY, LAST_DAY = date(2022, 1, 1), date(2025, 12, 31)

SCHEMA = """
CREATE TABLE stores (
    store_id INTEGER PRIMARY KEY, name TEXT NOT NULL, city TEXT NOT NULL, region TEXT NOT NULL,
    opened_on DATE NOT NULL, floor_area REAL NOT NULL);
CREATE TABLE employees (
    employee_id INTEGER PRIMARY KEY, first_name TEXT NOT NULL, last_name TEXT NOT NULL, job_title TEXT NOT NULL,
    store_id INTEGER REFERENCES stores (store_id), manager_id INTEGER REFERENCES employees (employee_id),
    hired_on DATE NOT NULL, left_on DATE, annual_salary NUMERIC NOT NULL);
CREATE TABLE courses (
    course_id INTEGER PRIMARY KEY, title TEXT NOT NULL, hours INTEGER NOT NULL, provider TEXT NOT NULL);
CREATE TABLE enrolments (
    enrolment_id INTEGER PRIMARY KEY, employee_id INTEGER NOT NULL REFERENCES employees (employee_id),
    course_id INTEGER NOT NULL REFERENCES courses (course_id), enrolled_on DATE NOT NULL, completed_on DATE, score INTEGER);
CREATE TABLE categories (
    category_id INTEGER PRIMARY KEY, name TEXT NOT NULL);
CREATE TABLE suppliers (
    supplier_id INTEGER PRIMARY KEY, name TEXT NOT NULL, country TEXT NOT NULL, contact_name TEXT NOT NULL,
    lead_time_days INTEGER NOT NULL, last_audit_on DATE);
CREATE TABLE products (
    product_id INTEGER PRIMARY KEY, name TEXT NOT NULL, category_id INTEGER NOT NULL REFERENCES categories (category_id),
    supplier_id INTEGER NOT NULL REFERENCES suppliers (supplier_id), price NUMERIC NOT NULL, weight_grams INTEGER NOT NULL,
    rental_rate NUMERIC, stock INTEGER NOT NULL, launched_on DATE NOT NULL, discontinued_on DATE);
CREATE TABLE customers (
    customer_id INTEGER PRIMARY KEY, first_name TEXT NOT NULL, last_name TEXT NOT NULL, email TEXT NOT NULL,
    city TEXT NOT NULL, member_level TEXT, birth_year INTEGER NOT NULL, joined_on DATE NOT NULL);
CREATE TABLE orders (
    order_id INTEGER PRIMARY KEY, customer_id INTEGER NOT NULL REFERENCES customers (customer_id),
    store_id INTEGER REFERENCES stores (store_id), channel TEXT NOT NULL, status TEXT NOT NULL, payment_method TEXT NOT NULL,
    ordered_on DATE NOT NULL, shipped_on DATE, shipping_fee NUMERIC NOT NULL, total NUMERIC NOT NULL);
CREATE TABLE order_items (
    order_item_id INTEGER PRIMARY KEY, order_id INTEGER NOT NULL REFERENCES orders (order_id),
    product_id INTEGER NOT NULL REFERENCES products (product_id), quantity INTEGER NOT NULL, unit_price NUMERIC NOT NULL,
    line_total NUMERIC NOT NULL);
CREATE TABLE rentals (
    rental_id INTEGER PRIMARY KEY, customer_id INTEGER NOT NULL REFERENCES customers (customer_id),
    product_id INTEGER NOT NULL REFERENCES products (product_id), store_id INTEGER NOT NULL REFERENCES stores (store_id),
    start_on DATE NOT NULL, due_on DATE NOT NULL, returned_on DATE, charge NUMERIC NOT NULL, late_fee NUMERIC);
CREATE TABLE repairs (
    repair_id INTEGER PRIMARY KEY, customer_id INTEGER NOT NULL REFERENCES customers (customer_id),
    product_id INTEGER NOT NULL REFERENCES products (product_id),
    technician_id INTEGER NOT NULL REFERENCES employees (employee_id),
    fault TEXT NOT NULL, received_on DATE NOT NULL, completed_on DATE, labour_hours REAL, parts_cost NUMERIC,
    under_warranty TEXT NOT NULL);
CREATE TABLE reviews (
    review_id INTEGER PRIMARY KEY, customer_id INTEGER NOT NULL REFERENCES customers (customer_id),
    product_id INTEGER NOT NULL REFERENCES products (product_id), rating INTEGER NOT NULL, headline TEXT NOT NULL,
    reviewed_on DATE NOT NULL);
CREATE TABLE purchase_orders (
    purchase_order_id INTEGER PRIMARY KEY, product_id INTEGER NOT NULL REFERENCES products (product_id),
    ordered_on DATE NOT NULL, received_on DATE, quantity INTEGER NOT NULL, total_cost NUMERIC NOT NULL);
"""

# --- What the documents state too -------------------------------------------------------------------------------------

STORES = [  # name, city, region, opened, square metres, manager
    ("Stenwick Ropewalk", "Stenwick", "North", "2010-03-20", 640.0, ("Nora", "Haldane", "2010-02-15")),
    ("Port Alder Quay", "Port Alder", "Coast", "2012-06-02", 480.5, ("Idris", "Penhale", "2012-04-10")),
    ("Millbeck Station", "Millbeck", "North", "2014-09-13", 355.0, ("Greta", "Lind", "2015-01-12")),
    ("Osmouth Arcade", "Osmouth", "Coast", "2016-04-09", 410.0, ("Owen", "Castell", "2016-02-01")),
    ("Brannock Market", "Brannock", "Highlands", "2018-05-19", 295.5, ("Mairi", "Strachan", "2018-03-05")),
    ("Kestrel Bridge", "Kestrel Bridge", "Highlands", "2019-10-05", 520.0, ("Felix", "Aumann", "2017-06-19")),
    ("Wexley Park", "Wexley", "South", "2022-03-12", 760.0, ("Leila", "Farrow", "2021-11-22")),
    ("Tarrin Harbour", "Tarrin", "South", "2023-11-04", 330.0, ("Rasmus", "Toft", "2019-08-26")),
]

HEAD_OFFICE = [  # first name, last name, title, hired, salary, title of the manager
    ("Ingrid", "Maslow", "Managing director", "2009-05-12", 98000, None),
    ("Magnus", "Vale", "Operations director", "2013-01-07", 84500, "Managing director"),
    ("Priya", "Raman", "Finance director", "2015-09-01", 86200, "Managing director"),
    ("Tom", "Eskdale", "Head of design", "2009-05-12", 79400, "Managing director"),
    ("Helena", "Orr", "Head of people", "2016-10-17", 71300, "Managing director"),
    ("Callum", "Reyes", "Head of IT", "2018-02-05", 73800, "Finance director"),
    ("Amara", "Quist", "Head of supply", "2017-05-22", 70600, "Operations director"),
    ("Sorcha", "Dunne", "Head of repairs", "2011-03-14", 64900, "Operations director"),
    ("Bastien", "Roux", "Head of rental", "2014-04-28", 63700, "Operations director"),
    ("Jonas", "Feld", "Safety officer", "2019-06-03", 55200, "Operations director"),
    ("Wilma", "Stroud", "Data protection officer", "2020-01-13", 58400, "Managing director"),
    ("Freya", "Lindholm", "Web developer", "2018-09-03", 58600, "Head of IT"),
    ("Delphine", "Archer", "Receptionist", "2013-04-15", 31200, "Head of people"),
    ("Gus", "Wetherell", "Caretaker", "2010-08-02", 32400, "Operations director"),
    ("Aileen", "Corbett", "Guide", "2012-04-02", 38900, "Head of rental"),
]

TEAMS = [  # title, how many, salary from, salary to, title of the manager
    ("Designer", 5, 41000, 52000, "Head of design"),
    ("Accountant", 4, 40000, 50000, "Finance director"),
    ("Web developer", 5, 44000, 60000, "Head of IT"),
    ("Buyer", 4, 38000, 47000, "Head of supply"),
    ("Warehouse worker", 9, 27500, 33000, "Head of supply"),
    ("Customer adviser", 7, 28000, 34000, "Head of people"),
]

STAFF = [  # in a shop: title, fewest, most, salary from, salary to
    ("Sales assistant", 5, 8, 26000, 32000),
    ("Rental adviser", 1, 3, 27500, 33500),
    ("Repair technician", 2, 3, 31000, 39500),
]

COURSES = [
    ("First aid at work", 12, "Red Lantern Training"), ("Fire warden", 4, "Red Lantern Training"),
    ("Safe lifting", 2, "in house"), ("Stove servicing", 8, "in house"), ("Sewing machine basics", 10, "in house"),
    ("Boot fitting", 6, "in house"), ("Data protection", 3, "Brightlock Academy"),
    ("Phishing awareness", 1, "Brightlock Academy"), ("Customer conversations", 7, "Oakfold Learning"),
    ("Leading a team", 20, "Oakfold Learning"), ("Rope inspection", 9, "Northern Climbing School"),
]

SUPPLIERS = [  # name, country, contact, lead time in days, last audit
    ("Velden Textil", "Austria", "Katrin Moser", 28, "2024-09-17"),
    ("Hai Phong Stitchworks", "Vietnam", "Linh Tran", 75, "2025-03-04"),
    ("Ostrava Alloy", "Czechia", "Petr Havel", 35, "2023-11-21"),
    ("Norrdun", "Sweden", "Elsa Lindqvist", 21, "2024-05-28"),
    ("Baltic Foam", "Estonia", "Maarja Kask", 24, "2025-06-12"),
    ("Cordova Boots", "Spain", "Lucia Ferrer", 42, "2024-02-08"),
    ("Taoyuan Lights", "Taiwan", "Wei-Ting Chen", 60, None),
    ("Lofoten Rope", "Norway", "Sigrid Aas", 30, "2025-09-30"),
    ("Minho Knit", "Portugal", "Rui Carvalho", 33, "2023-06-14"),
    ("Brenta Cook", "Italy", "Paolo Zanetti", 38, None),
    ("Delta Hulls", "Netherlands", "Femke Bos", 26, "2024-11-05"),
    ("Stenwick Saddlery", "United Kingdom", "Agnes Thorley", 9, None),
]

PRODUCTS: dict[str, list[Row]] = {  # by category: name, supplier, price, grams, rent a day, launched, discontinued
    "Tents": [
        ("Larkspur 2", 1, 289.00, 1980, 14.00, "2017-03-01", None),
        ("Larkspur 3", 1, 349.00, 2460, 17.00, "2017-03-01", None),
        ("Windhover 1", 1, 419.50, 1120, 19.50, "2021-02-15", None),
        ("Fulmar 4", 2, 459.00, 5350, 23.00, "2019-04-10", None),
        ("Gannet 6", 2, 629.00, 9800, 31.00, "2020-03-20", None),
        ("Merlin Bivy", 1, 164.90, 690, 8.50, "2023-03-06", None),
        ("Plover 2", 2, 189.50, 2750, 11.00, "2012-05-01", "2023-09-30"),
    ],
    "Backpacks": [
        ("Cairn 28", 2, 98.00, 940, None, "2018-02-01", None),
        ("Cairn 45", 2, 149.00, 1490, 7.00, "2018-02-01", None),
        ("Cairn 65", 2, 189.00, 1950, 9.00, "2018-02-01", None),
        ("Scree 18", 2, 72.50, 560, None, "2022-04-04", None),
        ("Harebell Kids 12", 2, 44.90, 380, None, "2021-05-10", None),
        ("Portage 90", 1, 214.00, 2380, 10.50, "2015-06-15", "2024-12-31"),
    ],
    "Sleeping bags": [
        ("Dormouse 10", 4, 89.00, 880, 5.50, "2016-09-01", None),
        ("Dormouse Zero", 4, 129.00, 1260, 7.50, "2016-09-01", None),
        ("Polecat Down 300", 4, 269.00, 720, 12.50, "2019-10-14", None),
        ("Polecat Down 600", 4, 379.00, 1140, 16.00, "2019-10-14", None),
        ("Harebell Kids Bag", 2, 64.90, 790, 4.00, "2022-05-02", None),
    ],
    "Sleeping mats": [
        ("Moorland Foam", 5, 24.90, 340, 2.00, "2013-04-01", None),
        ("Moorland Air", 5, 109.00, 480, 5.00, "2020-02-10", None),
        ("Moorland Air Wide", 5, 134.00, 640, 6.00, "2021-03-08", None),
        ("Moorland Warm", 5, 159.00, 590, 7.00, "2023-10-02", None),
    ],
    "Stoves and cookware": [
        ("Ember One", 10, 54.90, 86, 3.00, "2018-06-01", None),
        ("Ember Duo", 10, 94.50, 1650, 5.50, "2019-05-13", None),
        ("Ember Wood", 10, 69.00, 410, None, "2022-09-05", None),
        ("Kettle Rock 1 L", 10, 32.00, 190, None, "2014-03-03", None),
        ("Trivet Pot Set", 10, 58.50, 620, 3.50, "2017-08-21", None),
        ("Spindle Spork", 3, 6.90, 17, None, "2015-01-19", None),
    ],
    "Clothing": [
        ("Squall Jacket", 1, 239.00, 430, None, "2019-09-02", None),
        ("Squall Trousers", 1, 149.50, 310, None, "2019-09-02", None),
        ("Drumlin Fleece", 9, 84.00, 350, None, "2015-10-05", None),
        ("Drumlin Hat", 9, 24.50, 60, None, "2016-10-03", None),
        ("Pipit Base Layer", 9, 59.90, 170, None, "2020-09-14", None),
        ("Pipit Socks", 9, 17.90, 75, None, "2020-09-14", None),
        ("Corrie Down Vest", 4, 169.00, 280, None, "2021-10-11", None),
        ("Burnside Shorts", 2, 54.00, 190, None, "2018-04-16", "2022-10-31"),
    ],
    "Footwear": [
        ("Tramper Mid", 6, 159.00, 1080, None, "2014-08-11", None),
        ("Tramper Low", 6, 134.50, 860, None, "2014-08-11", None),
        ("Ridgeback Boot", 6, 229.00, 1540, 11.50, "2018-08-20", None),
        ("Bogwater Sandal", 6, 74.90, 520, None, "2022-03-28", None),
        ("Gaiter Tall", 1, 46.00, 240, 2.50, "2016-11-07", None),
    ],
    "Climbing": [
        ("Gully Rope 60 m", 8, 174.00, 3660, None, "2018-01-22", None),
        ("Gully Harness", 3, 69.50, 420, 5.00, "2018-01-22", None),
        ("Gully Helmet", 3, 62.00, 260, 4.50, "2019-01-14", None),
        ("Slate Ice Axe", 3, 119.00, 510, 8.00, "2020-11-02", None),
        ("Slate Crampons", 3, 139.90, 870, 9.50, "2020-11-02", None),
        ("Via Ferrata Set", 3, 99.90, 610, 7.50, "2021-06-07", None),
    ],
    "Lighting": [
        ("Glowworm 200", 7, 34.90, 72, 2.50, "2019-11-04", None),
        ("Glowworm 600", 7, 64.90, 128, None, "2022-11-07", None),
        ("Lantern Moth", 7, 42.50, 310, 3.00, "2017-11-13", None),
        ("Solar Leaf 10", 7, 79.00, 390, 4.50, "2023-05-15", None),
    ],
    "Water sports": [
        ("Otter Packraft", 11, 749.00, 2950, 36.00, "2021-04-19", None),
        ("Heron Paddleboard", 11, 569.00, 9400, 29.00, "2020-05-11", None),
        ("Coot Kayak", 11, 899.00, 14200, 42.00, "2022-05-16", None),
        ("Split Paddle", 11, 112.00, 890, 6.50, "2020-05-11", None),
        ("Buoyancy Vest", 11, 86.50, 640, 5.00, "2020-05-11", None),
        ("Dry Sack 20 L", 2, 21.90, 110, None, "2013-07-01", None),
    ],
    "Accessories": [
        ("Trekking Poles Pair", 3, 89.90, 470, 4.50, "2016-03-14", None),
        ("Map Case", 12, 18.50, 95, None, "2011-02-07", None),
        ("Repair Kit", 12, 15.90, 120, None, "2012-11-05", None),
        ("Leather Belt", 12, 39.00, 180, None, "2014-12-01", None),
        ("Wash Bag", 2, 27.90, 140, None, "2019-07-08", None),
        ("Water Bottle 0.75 L", 3, 22.50, 155, None, "2015-05-04", None),
    ],
}

RETAIL_DISCOUNT = {None: 0, "Trail": 0, "Ridge": 5, "Summit": 10}  # percent, by member level
STANDARD_SHIPPING, EXPRESS_SHIPPING, FREIGHT = 5.90, 12.50, 24.00
FREE_SHIPPING_FROM, FREE_SHIPPING_BEFORE, LOWERED_ON = 80.00, 100.00, date(2024, 1, 22)
BULKY = {"Gannet 6", "Heron Paddleboard", "Coot Kayak"}
FULL_RATE_DAYS, LONG_RENTAL_SHARE, LATE_FACTOR = 7, 0.6, 1.5

# --- What is drawn at random ------------------------------------------------------------------------------------------

FIRST_NAMES = """Ada Adrian Agnes Aidan Alba Alec Amina Andrew Anja Anton Beatrix Benedict Bram Brigid Caleb Carys
Cecily Conor Daphne Declan Delia Dmitri Edith Elias Elin Emeka Esme Fatima Fergus Fiona Florian Freya Gareth Gemma
Gideon Hana Hamish Harriet Hector Imogen Isla Ivo Jasmine Joel Juno Kasper Keira Kofi Lars Laurel Leona Lorcan Lucan
Mabel Marek Marta Matilda Milo Mina Morag Nadia Niall Noor Odette Olaf Orla Oscar Paloma Percy Petra Quentin Rafael
Renata Rhys Rosalind Rowan Samir Saskia Selma Silas Stella Sunniva Tamsin Tariq Theo Tilda Tobias Una Vera Viktor
Wendel Yara Yusuf Zelda Zoltan""".split()
LAST_NAMES = """Abbot Achterberg Adair Alcott Anand Ashdown Bainbridge Barlow Beckwith Birch Blackwood Boateng Bramley
Brodie Byrne Calloway Cartmel Chowdhury Clough Colville Craven Cronin Dacre Dalton Desai Devlin Drummond Eastwood Egan
Ekberg Elphick Fairley Fenwick Finch Forsyth Galloway Garrick Gilchrist Gosling Greenhalgh Hadley Halloran Hartnell
Hawkes Hedley Holm Hussain Ibsen Inglis Jarvis Jessop Kaur Keating Kendrick Kilbride Lambert Langley Lockhart Lowther
Mackie Marsden Mehta Merrick Mowbray Nash Nevin Norwood Oduya Okafor Ollerton Ormond Paget Pell Pickering Prentice
Quayle Radcliffe Rahman Redfern Rigby Roscoe Rutter Sandoval Selby Shaw Sinclair Skelton Stanhope Sutcliffe Tanaka
Thackray Thorne Tindall Ulrich Underhill Varga Wainwright Walcott Whitaker Winslow Wolfe Yardley Yeung Zielinski""".split()
CITIES = {
    "Stenwick": 18, "Port Alder": 14, "Wexley": 14, "Millbeck": 10, "Osmouth": 10, "Kestrel Bridge": 8, "Brannock": 6,
    "Tarrin": 6, "Dunmore": 5, "Halver": 4, "Lindale": 3, "Skerry": 3, "Corrin": 2, "Ashby Vale": 2,
}
MONTHS = [4, 4, 6, 8, 11, 13, 14, 12, 8, 6, 7, 10]  # how much of a year's trade each month brings
YEARS = {2022: 20, 2023: 24, 2024: 29, 2025: 31}
FAULTS = {
    "Tents": ["broken pole", "torn flysheet", "stuck zip", "leaking seam"],
    "Backpacks": ["broken buckle", "torn strap", "stuck zip"],
    "Sleeping bags": ["stuck zip", "lost loft", "torn lining"],
    "Sleeping mats": ["puncture", "faulty valve"],
    "Stoves and cookware": ["blocked jet", "faulty valve"],
    "Clothing": ["stuck zip", "torn fabric", "leaking seam"],
    "Footwear": ["loose sole", "torn lining", "worn heel"],
    "Climbing": ["broken buckle", "worn strap"],
    "Lighting": ["dead battery", "faulty switch"],
    "Water sports": ["puncture", "faulty valve", "torn strap"],
    "Accessories": ["broken tip", "torn strap"],
}
HEADLINES = {
    1: ["Let me down", "Sent it back", "Not again"],
    2: ["Expected more", "Heavy for what it is"],
    3: ["Does the job", "Good and bad", "Fair for the price"],
    4: ["Very pleased", "Nearly perfect", "Solid and simple"],
    5: ["Would buy it again", "Better than hoped", "Kept me dry for a week", "Worth every step"],
}


def build(path: Path, seed: int = 7) -> None:
    """Write the database to `path`, replacing what is there only once the new file is whole."""
    unfinished = Path(f"{path}.unfinished")
    unfinished.unlink(missing_ok=True)
    connection = sqlite3.connect(unfinished)
    connection.execute("PRAGMA foreign_keys = ON")
    connection.executescript(SCHEMA)
    for table, rows in _tables(random.Random(seed)):
        marks = ", ".join("?" * len(rows[0]))
        connection.executemany(f"INSERT INTO {table} VALUES ({marks})", map(_stored, rows))
    connection.commit()
    connection.close()
    os.replace(unfinished, path)


def _stored(row: Row) -> Row:
    """SQLite has no dates of its own: they are kept as ISO text."""
    return tuple(value.isoformat() if isinstance(value, date) else value for value in row)


def _tables(chance: random.Random) -> Iterator[tuple[str, list[Row]]]:
    """Every table's rows, each table after those it refers to."""
    employees = _employees(chance)
    products = _products(chance)
    customers = _customers(chance, 2400)
    orders, order_items = _orders(chance, customers, products, 8200)
    yield "stores", [(n, *store[:5]) for n, store in enumerate(STORES, 1)]
    yield "employees", employees
    yield "courses", [(n, *course) for n, course in enumerate(COURSES, 1)]
    yield "enrolments", _enrolments(chance, employees)
    yield "categories", [(n, name) for n, name in enumerate(PRODUCTS, 1)]
    yield "suppliers", [(n, *supplier) for n, supplier in enumerate(SUPPLIERS, 1)]
    yield "products", products
    yield "customers", customers
    yield "orders", orders
    yield "order_items", order_items
    yield "rentals", _rentals(chance, customers, products, 3600)
    yield "repairs", _repairs(chance, customers, products, employees, 1700)
    yield "reviews", _reviews(chance, customers, products, 3100)
    yield "purchase_orders", _purchase_orders(chance, products, 950)


def _employees(chance: random.Random) -> list[Row]:
    rows: list[Row] = []
    taken = {person[:2] for person in HEAD_OFFICE} | {store[5][:2] for store in STORES}
    by_title: dict[str | None, int | None] = {None: None}

    def hire(title: str, store: int | None, manager: int | None, earliest: date, low: int, high: int) -> None:
        name = _name(chance, taken)
        hired = _day(chance, earliest, date(2025, 8, 31))
        left = _day(chance, max(hired + timedelta(120), FIRST_DAY), LAST_DAY) if chance.random() < 0.12 else None
        rows.append((len(rows) + 1, *name, title, store, manager, hired, left, chance.randrange(low, high, 20)))

    for first, last, title, hired, salary, manager in HEAD_OFFICE:
        by_title[title] = len(rows) + 1
        rows.append((len(rows) + 1, first, last, title, None, by_title[manager], hired, None, salary))
    for title, count, low, high, manager in TEAMS:
        for _ in range(count):
            hire(title, None, by_title[manager], date(2012, 1, 1), low, high)
    for number, (_, _, _, opened, _, (first, last, hired)) in enumerate(STORES, 1):
        head = len(rows) + 1
        rows.append((head, first, last, "Store manager", number, by_title["Operations director"], hired, None,
                     chance.randrange(46000, 54000, 20)))
        for title, fewest, most, low, high in STAFF:
            for _ in range(chance.randint(fewest, most)):
                hire(title, number, head, date.fromisoformat(opened) - timedelta(20), low, high)
    return rows


def _enrolments(chance: random.Random, employees: list[Row]) -> list[Row]:
    rows: list[Row] = []
    for number, *_, hired, left, _ in employees:
        for course in sorted(chance.sample(range(1, len(COURSES) + 1), chance.randint(1, 6))):
            last = left or LAST_DAY
            enrolled = _day(chance, max(FIRST_DAY, _date(hired)), last)
            completed = enrolled + timedelta(chance.randint(3, 60))
            done = completed <= last and chance.random() < 0.9
            rows.append((len(rows) + 1, number, course, enrolled, completed if done else None,
                         chance.randint(52, 100) if done else None))
    return rows


def _products(chance: random.Random) -> list[Row]:
    rows: list[Row] = []
    for category, products in enumerate(PRODUCTS.values(), 1):
        for name, supplier, price, grams, rate, launched, discontinued in products:
            stock = 0 if discontinued else chance.randint(12, 640)
            rows.append((len(rows) + 1, name, category, supplier, price, grams, rate, stock, launched, discontinued))
    return rows


def _customers(chance: random.Random, count: int) -> list[Row]:
    rows: list[Row] = []
    taken: set[tuple[str, str]] = set()
    for number in range(1, count + 1):
        first, last = _name(chance, taken)
        level = chance.choices([None, "Trail", "Ridge", "Summit"], [30, 42, 20, 8])[0]
        city = chance.choices(list(CITIES), list(CITIES.values()))[0]
        joined = _day(chance, date(2016, 1, 1), date(2025, 11, 30))
        rows.append((number, first, last, f"{first}.{last}@example.com".lower(), city, level,
                     chance.randint(1946, 1999), joined))
    return rows


def _orders(chance: random.Random, customers: list[Row], products: list[Row], count: int) -> tuple[list[Row], list[Row]]:
    orders: list[Row] = []
    items: list[Row] = []
    weights = [chance.uniform(0.4, 3.0) / (1 + product[4] / 250) for product in products]
    for number, ordered in enumerate(_busy_days(chance, count), 1):
        customer = _customer(chance, customers, ordered)
        goods, bulky = 0.0, False
        for product in _pick(chance, products, weights, ordered, chance.choices([1, 2, 3, 4], [50, 28, 15, 7])[0]):
            quantity = chance.choices([1, 2, 3, 4], [74, 18, 5, 3])[0]
            line = round(product[4] * quantity, 2)
            items.append((len(items) + 1, number, product[0], quantity, product[4], line))
            goods += line
            bulky = bulky or product[1] in BULKY
        goods = round(goods * (1 - RETAIL_DISCOUNT[customer[5]] / 100), 2)
        sunday = ordered.weekday() == 6  # shops and telephones rest
        channel = "online" if sunday else chance.choices(["shop", "online", "phone"], [56, 37, 7])[0]
        store = _open_store(chance, ordered) if channel == "shop" else None
        status, shipped, fee = "collected", None, 0.0
        if channel != "shop":
            fee = _shipping_fee(goods, ordered, express=chance.random() < 0.1)
            fee += FREIGHT if bulky and customer[5] != "Summit" else 0
            leaves = ordered + timedelta(chance.choices([0, 1, 2, 3, 6], [30, 40, 18, 8, 4])[0])
            if chance.random() < 0.04:
                status = "cancelled"
            elif leaves > LAST_DAY or ordered > date(2025, 12, 20) and chance.random() < 0.6:
                status = "processing"
            else:
                shipped = leaves
                status = "delivered" if leaves < date(2025, 12, 27) else "shipped"
        payment = chance.choices(["card", "bank transfer", "gift card", "cash" if store else "invoice"], [66, 14, 6, 14])[0]
        orders.append((number, customer[0], store, channel, status, payment, ordered, shipped,
                       round(fee, 2), round(goods + fee, 2)))
    return orders, items


def _shipping_fee(goods: float, ordered: date, express: bool) -> float:
    free_from = FREE_SHIPPING_FROM if ordered >= LOWERED_ON else FREE_SHIPPING_BEFORE
    return EXPRESS_SHIPPING if express else 0.0 if goods >= free_from else STANDARD_SHIPPING


def _rentals(chance: random.Random, customers: list[Row], products: list[Row], count: int) -> list[Row]:
    rows: list[Row] = []
    for_rent = [product for product in products if product[6] is not None]
    weights = [chance.uniform(0.4, 3.0) for _ in for_rent]
    for number, start in enumerate(_busy_days(chance, count), 1):
        product = _pick(chance, for_rent, weights, start, 1)[0]
        days = chance.choices([2, 3, 4, 5, 7, 9, 10, 14, 21], [20, 24, 12, 10, 14, 4, 6, 8, 2])[0]
        charge = product[6] * (min(days, FULL_RATE_DAYS) + LONG_RENTAL_SHARE * max(0, days - FULL_RATE_DAYS))
        due = start + timedelta(days - 1)  # the day of collection counts
        late = chance.choices([0, 1, 2, 4, 9], [88, 6, 3, 2, 1])[0]
        returned: date | None = due + timedelta(late)
        fee = round(LATE_FACTOR * product[6] * late, 2) if late else None
        if due + timedelta(late) > LAST_DAY or chance.random() < 0.006:
            returned = fee = None
        rows.append((number, _customer(chance, customers, start)[0], product[0], _open_store(chance, start), start, due,
                     returned, round(charge, 2), fee))
    return rows


def _repairs(chance: random.Random, customers: list[Row], products: list[Row], employees: list[Row],
             count: int) -> list[Row]:
    rows: list[Row] = []
    technicians = [person for person in employees if person[3] == "Repair technician"]
    weights = [chance.uniform(0.4, 3.0) for _ in products]
    for number, received in enumerate(_busy_days(chance, count), 1):
        product = _pick(chance, products, weights, received, 1)[0]
        present = [t for t in technicians if _date(t[6]) <= received and (t[7] is None or received < _date(t[7]))]
        completed = received + timedelta(chance.randint(1, 24))
        hours, parts = chance.randint(1, 18) / 4, round(chance.uniform(0, 0.16) * product[4], 2)
        finish = (completed, hours, parts) if completed <= LAST_DAY else (None, None, None)
        rows.append((number, _customer(chance, customers, received)[0], product[0], chance.choice(present)[0],
                     chance.choice(FAULTS[list(FAULTS)[product[2] - 1]]), received, *finish,
                     "yes" if chance.random() < 0.35 else "no"))
    return rows


def _reviews(chance: random.Random, customers: list[Row], products: list[Row], count: int) -> list[Row]:
    rows: list[Row] = []
    leaning = {product[0]: chance.uniform(0.2, 3.0) for product in products}
    weights = [chance.uniform(0.3, 3.0) for _ in products]
    for number, written in enumerate(_busy_days(chance, count), 1):
        product = _pick(chance, products, weights, written, 1)[0]
        good = leaning[product[0]]
        rating = chance.choices([1, 2, 3, 4, 5], [4, 6, 12, 12 + 10 * good, 10 + 16 * good])[0]
        rows.append((number, _customer(chance, customers, written)[0], product[0], rating,
                     chance.choice(HEADLINES[rating]), written))
    return rows


def _purchase_orders(chance: random.Random, products: list[Row], count: int) -> list[Row]:
    rows: list[Row] = []
    share = {product[0]: chance.uniform(0.38, 0.56) for product in products}  # what we pay, of the price we ask
    for number, ordered in enumerate(_busy_days(chance, count), 1):
        product = _pick(chance, products, [1.0] * len(products), ordered, 1)[0]
        received = ordered + timedelta(SUPPLIERS[product[3] - 1][3] + chance.randint(-4, 16))
        quantity = chance.randint(4, 32)
        rows.append((number, product[0], ordered, received if received <= LAST_DAY else None, quantity,
                     round(quantity * product[4] * share[product[0]], 2)))
    return rows


# --- Drawing ----------------------------------------------------------------------------------------------------------

def _date(day: str | date) -> date:
    return day if isinstance(day, date) else date.fromisoformat(day)


def _day(chance: random.Random, first: date, last: date) -> date:
    return first + timedelta(chance.randint(0, max(0, (last - first).days)))


def _busy_days(chance: random.Random, count: int) -> list[date]:
    """`count` days in order, more of them in summer and in later years."""
    years = chance.choices(list(YEARS), list(YEARS.values()), k=count)
    months = chance.choices(range(1, 13), MONTHS, k=count)
    return sorted(_day(chance, first, (first + timedelta(31)).replace(day=1) - timedelta(1))
                  for first in (date(year, month, 1) for year, month in zip(years, months, strict=True)))


def _name(chance: random.Random, taken: set[tuple[str, str]]) -> tuple[str, str]:
    """A full name that nobody in `taken` bears yet."""
    while (name := (chance.choice(FIRST_NAMES), chance.choice(LAST_NAMES))) in taken:
        pass
    taken.add(name)
    return name


def _customer(chance: random.Random, customers: list[Row], day: date) -> Row:
    """A customer who had joined by `day`; the first in the list buy most often."""
    while (customer := customers[int(len(customers) * chance.random() ** 1.6)])[7] > day:
        pass
    return customer


def _pick(chance: random.Random, products: list[Row], weights: list[float], day: date, count: int) -> list[Row]:
    """Different products that were on sale on `day`."""
    picked: dict[int, Row] = {}
    while len(picked) < count:
        product = chance.choices(products, weights)[0]
        if _date(product[8]) <= day and (product[9] is None or day <= _date(product[9])):
            picked[product[0]] = product
    return list(picked.values())


def _open_store(chance: random.Random, day: date) -> int:
    while True:
        number = chance.choices(range(1, len(STORES) + 1), [22, 16, 12, 13, 8, 10, 17, 9])[0]
        if _date(STORES[number - 1][3]) <= day:
            return number
