"""The words of practice: what people say for the names that stand in schemas.

Five small dictionaries, written as text because they are read far more often than they are run: abbreviations, synonyms of
nouns, adjectives and verbs of measures, verbs of dates, and the verbs between two tables. They say nothing about
any one database; what is not found here is phrased from the identifier itself.
"""

from __future__ import annotations

from dataclasses import dataclass


def _entries(text: str) -> dict[str, tuple[str, ...]]:
    lines = (line.split("=") for line in text.strip().splitlines())
    return {key.strip(): tuple(w.strip() for w in words.split(",")) for key, words in lines}


# What a part of an identifier stands for.
ABBREVIATIONS: dict[str, str] = {
    key: words[0]
    for key, words in _entries("""
acct = account
addr = address
admin = administrator
amt = amount
appt = appointment
attr = attribute
avail = available
bal = balance
bday = birthday
bdate = birth date
bldg = building
cat = category
cd = code
cert = certificate
cnt = count
co = company
cred = credits
crs = course
ctry = country
cust = customer
dept = department
descr = description
desc = description
dest = destination
diff = difference
disc = discount
dist = distance
div = division
dno = department number
dob = date of birth
doc = document
dt = date
dur = duration
ean = barcode
emp = employee
eqpt = equipment
est = estimated
exp = expiry
fac = faculty
fk = id
fname = first name
fst = first
grp = group
hr = hour
hrs = hours
inv = invoice
lang = language
lname = last name
loc = location
lst = last
max = maximum
mfr = manufacturer
mgr = manager
min = minimum
mob = mobile
msg = message
nat = nationality
nbr = number
num = number
ord = order
org = organisation
pct = percentage
perc = percentage
ph = phone
pos = position
pop = population
prc = price
prereq = prerequisite
prod = product
prof = professor
proj = project
pub = publication
pwd = password
qty = quantity
rec = record
ref = reference
reg = registration
req = request
res = reservation
resp = responsible
rev = revenue
sal = salary
sch = school
sku = article number
spec = specialty
ssn = social security number
stat = status
std = standard
stu = student
sup = supplier
supp = supplier
tel = phone
temp = temperature
tot = total
trans = transaction
txn = transaction
usr = user
uid = user id
veh = vehicle
vol = volume
wh = warehouse
wt = weight
yr = year
zip = zip code
""").items()
}

# What people say instead. A phrase is looked up whole first, then by its last word.
SYNONYMS: dict[str, tuple[str, ...]] = _entries("""
account = account, user account
accident = accident, crash, incident
achievement = achievement, award
activity = activity, hobby
actor = actor, performer
address = address, street address, postal address
adoption = adoption
age = age
agent = agent, representative
agreement = agreement, contract
aircraft = aircraft, plane, airplane
airline = airline, carrier
airport = airport
album = album, record
allergy = allergy
amount = amount, sum, value
animal = animal
apartment = apartment, flat
applicant = applicant, candidate
application = application
appointment = appointment, visit, consultation
area = area, surface
arrival = arrival
article = article, paper
artist = artist, musician
assignment = assignment, task
attendance = attendance, turnout, number of visitors
author = author, writer
award = award, prize
balance = balance
band = band, group
bank = bank
batch = batch, lot
bed = bed
bike = bike, bicycle
bill = bill, invoice
birth date = birth date, date of birth, birthday
birth place = birth place, place of birth, birthplace
birthday = birthday, date of birth
block = block
boat = boat, vessel
bonus = bonus
book = book, title
booking = booking, reservation
boss = boss, manager
branch = branch, office, location
brand = brand, make
breed = breed
budget = budget
building = building, property
bus = bus, coach
buyer = buyer, customer
campaign = campaign
candidate = candidate
capacity = capacity, number of seats
capital = capital
captain = captain
car = car, vehicle
card = card
carrier = carrier, shipper
category = category, kind, type, group
centre = centre, site
certificate = certificate
channel = channel
charge = charge, fee
cinema = cinema, movie theater
city = city, town
claim = claim
class = class
client = client, customer
clinic = clinic, practice
closed date = closing date
club = club
coach = coach, trainer
code = code
collection = collection
college = college, school
color = color, colour
colour = colour, color
comment = comment, remark
commission = commission
company = company, firm, business
competition = competition, contest, tournament
complaint = complaint
component = component, part
condition = condition, state
conference = conference
contact = contact, contact person
contract = contract, agreement
contribution = contribution, donation
cost = cost, price, expense
country = country, nation
county = county
course = course, class
created = creation date
creation date = creation date
credit = credit, credit point
crew = crew
cuisine = cuisine, kind of food
currency = currency
customer = customer, client, buyer
date = date, day
date of birth = date of birth, birthday, birth date
day = day
deadline = deadline, due date
dealer = dealer, seller
death = death
debt = debt
delay = delay
delivery = delivery, shipment
delivery date = delivery date, day of delivery
department = department, team, division
departure = departure
deposit = deposit
depth = depth
description = description
destination = destination
device = device, machine
diagnosis = diagnosis
diameter = diameter
difficulty = difficulty, difficulty level
director = director
discount = discount, reduction, rebate
disease = disease, illness
dish = dish, meal, menu item
distance = distance
district = district, area
division = division, department
doctor = doctor, physician
document = document, file
dog = dog
donation = donation, gift
donor = donor, giver
driver = driver
drug = drug, medicine
due date = due date, deadline
duration = duration, length
duration in minutes = duration, running time
earning = earnings, income
edition = edition
education = education
elevation = elevation, height
email = email, email address, e-mail
email address = email, email address, e-mail address
employee = employee, staff member, worker, colleague
employer = employer, company
end date = end date, last day
engine = engine, motor
engineer = engineer
enrollment = enrollment, number of students
enrolment = enrolment, registration
event = event
exam = exam, test
exhibition = exhibition, show
expense = expense, cost
expiry date = expiry date, expiration date, end date
faculty = faculty
farm = farm
farmer = farmer, grower
fare = fare, ticket price
fee = fee, charge
field = field
file = file
film = film, movie
fine = fine, penalty
first name = first name, given name
fleet = fleet
flight = flight
floor = floor, storey
food = food
forename = first name, given name
founded = founding year
founder = founder
freight = freight, shipping cost
friend = friend
fuel = fuel, fuel type
fund = fund
game = game, match
garden = garden
gender = gender, sex
genre = genre, kind
goal = goal
grade = grade, mark
grant = grant
group = group
guest = guest, visitor
guide = guide
gym = gym, fitness studio
headquarter = headquarters, head office
headquarters = headquarters, head office
height = height
hire date = hire date, start date, hiring date
home city = home city, home town
home town = home town, home city
hometown = hometown, home city
hospital = hospital, clinic
host = host
hotel = hotel, accommodation
hour = hour
hours = hours, number of hours
house = house, home
illness = illness
incident = incident
income = income, earnings
industry = industry, sector, line of business
ingredient = ingredient
inspection = inspection, check
inspector = inspector
instructor = instructor, teacher
instrument = instrument
insurance = insurance
interest rate = interest rate, interest
inventory = inventory, stock
investment = investment
investor = investor
invoice = invoice, bill
issue = issue, problem
item = item, product, article
job = job, position
job title = job title, job, position
journal = journal, magazine
journey = journey, trip
judge = judge
keyword = keyword
kind = kind, type
language = language
last name = last name, surname, family name
lawyer = lawyer, attorney
league = league
lease = lease, rental contract
lecturer = lecturer, teacher
length = length
lesson = lesson, class
level = level
library = library
licence = licence, permit
line = line
list price = list price, price
loan = loan
location = location, place, site
machine = machine
magazine = magazine
mail = mail, email
maintenance = maintenance
major = major, field of study
manager = manager, boss, supervisor, head
manufacturer = manufacturer, maker, producer
mark = mark, grade
market = market
match = match, game
material = material
meal = meal
measurement = measurement, reading
medal = medal
medication = medication, medicine, drug
meeting = meeting
member = member
membership = membership
menu = menu
message = message
mileage = mileage, number of kilometres
mission = mission
mobile = mobile number, cell phone number
model = model
month = month
motor = motor
mountain = mountain, peak
movie = movie, film
museum = museum
musician = musician
name = name
nationality = nationality, country of origin
network = network
note = note, remark
nurse = nurse
object = object
occupation = occupation, job, profession
offer = offer
office = office
officer = officer
opening date = opening date
opening year = opening year
operation = operation
operator = operator
order = order, purchase
order date = order date, date of the order, purchase date
order item = order item, order line, order position
organisation = organisation, organization
organization = organization, organisation
origin = origin
outcome = outcome, result
owner = owner
package = package, parcel
page = page
painter = painter
painting = painting, picture
parcel = parcel, package
parent = parent
part = part, component
participant = participant, attendee
partner = partner
party = party
passenger = passenger, traveller
patient = patient
pay = pay, salary, wage
payment = payment
payment method = payment method, way of paying, means of payment
penalty = penalty, fine
people = people, person
percentage = percentage, share
performance = performance, show
period = period
permit = permit
person = person
pet = pet, animal
phone = phone number, telephone number, phone
phone number = phone number, telephone number, phone
photo = photo, picture
physician = physician, doctor
piece = piece
pilot = pilot
pitch = pitch
place = place
plan = plan, tariff
plant = plant
plate = licence plate, registration number
platform = platform
player = player
playlist = playlist
point = point
policy = policy
pool = pool
population = population, number of inhabitants
port = port, harbour
position = position, role, job
post = post
power = power
premium = premium
prescription = prescription
price = price, cost
priority = priority, urgency
problem = problem, issue
procedure = procedure
producer = producer
product = product, item, article
profession = profession, job
professor = professor
profit = profit, earnings
program = program, programme
programme = programme, program
project = project
property = property
province = province
publication = publication
publication date = publication date
publisher = publisher
purchase = purchase, order
purchase date = purchase date, date of purchase
quantity = quantity, number of units, amount
quarter = quarter
question = question
race = race
rank = rank, ranking
ranking = ranking, rank
rate = rate
rating = rating, score
reader = reader
reading = reading, measurement
reason = reason
recipe = recipe
record = record
region = region, area
registration = registration, sign-up
registration date = registration date, sign-up date
release date = release date
release year = release year
remark = remark, note, comment
rent = rent
rental = rental, hire
repair = repair
report = report
representative = representative
request = request
reservation = reservation, booking
residence = residence, home
resident = resident
restaurant = restaurant, place to eat
result = result, outcome
return = return
return date = return date
revenue = revenue, sales, turnover
review = review, rating
reviewer = reviewer
ride = ride, trip
river = river
road = road
role = role, function
room = room
round = round
route = route, line
salary = salary, pay, wage
sale = sale
sales = sales, revenue
salesperson = salesperson, sales rep
scholarship = scholarship, grant
school = school
score = score, points
season = season
seat = seat
section = section
sector = sector, industry
segment = segment
seller = seller, vendor
semester = semester, term
sensor = sensor
series = series
service = service
session = session
sex = sex, gender
share = share
shelf = shelf
shift = shift
ship = ship, vessel
ship date = shipping date, shipment date
shipment = shipment, delivery
shipped date = shipping date, date shipped
shipper = shipper, carrier, shipping company
shop = shop, store
show = show
singer = singer, vocalist
site = site, location
size = size
skill = skill
skipper = skipper
song = song, track
source = source
speaker = speaker
species = species
specialty = specialty, field
speed = speed
spending = spending
sponsor = sponsor
sport = sport
stadium = stadium, arena
staff = staff member, employee, staff
stage = stage
standing = standing
start date = start date, starting date, first day
state = state
station = station, stop
status = status, state
stock = stock, inventory, stock level
store = store, shop
storm = storm
street = street
student = student, pupil
subject = subject
subscriber = subscriber
subscription = subscription, plan
sum = sum
supervisor = supervisor, boss
supplier = supplier, vendor
surname = surname, last name
survey = survey
symptom = symptom
system = system
tax = tax
teacher = teacher, instructor
team = team
technician = technician, mechanic
temperature = temperature
tenant = tenant, renter
term = term
test = test
theatre = theatre, theater
theme = theme, topic
ticket = ticket
time = time
title = title, name
topic = topic, subject
total = total, total amount
total amount = total amount, total, sum
total price = total price, total
tour = tour
tournament = tournament
town = town, city
track = track, song
trail = trail, path
train = train
trainer = trainer, coach
training = training, course
transaction = transaction
treatment = treatment
tree = tree
trip = trip, journey
truck = truck, lorry
turnover = turnover, revenue
type = type, kind
unit = unit
unit price = unit price, price per unit, price
university = university
user = user
vaccine = vaccine
value = value
van = van
variety = variety
vehicle = vehicle
vendor = vendor, supplier, seller
venue = venue, place, location
vet = vet, veterinarian
video = video
village = village
visit = visit
visitor = visitor, guest
volume = volume
volunteer = volunteer, helper
vote = vote
voter = voter
wage = wage, pay
ward = ward, unit
warehouse = warehouse, depot, storehouse
warranty = warranty, guarantee
weather = weather
website = website, homepage, web address
wedding = wedding
weight = weight
winery = winery
winner = winner
wood = wood
work order = work order, job
worker = worker, employee
workplace = workplace
workshop = workshop
writer = writer, author
year = year
yield = yield, harvest
zip code = zip code, postal code, postcode
zone = zone
""")

IRREGULAR: dict[str, str] = {
    "person": "people", "child": "children", "man": "men", "woman": "women", "staff": "staff", "aircraft": "aircraft", "series": "series",
    "species": "species", "mouse": "mice", "foot": "feet", "tooth": "teeth", "analysis": "analyses", "diagnosis": "diagnoses", "sales": "sales",
    "headquarters": "headquarters", "equipment": "equipment", "people": "people", "goods": "goods", "faculty": "faculty", "hours": "hours",
    "earnings": "earnings", "credits": "credits", "points": "points", "criterion": "criteria", "datum": "data", "shelf": "shelves", "life": "lives",
    "leaf": "leaves", "half": "halves", "knife": "knives", "medium": "media", "crew": "crews", "bus": "buses", "status": "statuses", "class": "classes",
    "freight": "freight", "inventory": "inventory", "stock": "stock", "income": "income", "revenue": "revenue", "pay": "pay", "salesperson": "salespeople",
    "address": "addresses", "business": "businesses", "gas": "gases", "axis": "axes", "attendance": "attendance", "weather": "weather", "money": "money",
}  # fmt: skip

PERSONS = frozenset(
    """actor administrator agent applicant architect artist assistant athlete attendee author builder buyer candidate captain chef child client
    climber coach colleague contact contestant customer dancer dentist designer developer director doctor donor driver editor employee engineer
    entrepreneur faculty farmer founder friend guest guide gymnast host inspector instructor investor journalist judge lawyer lecturer manager
    mechanic member musician nurse officer operator owner participant partner passenger patient people person photographer physician pilot player
    producer professor pupil reader referee representative researcher resident reviewer salesperson scientist seller singer skater speaker staff
    student subscriber supervisor swimmer teacher technician tenant trainer trustee user vet visitor vocalist volunteer voter waiter worker wrestler
    writer rider composer curator keeper jockey cyclist tutor trainee intern baker cook gardener groomer caretaker steward breeder grower
    perpetrator conductor investigator advisor adviser insured leader""".split()
)

CUSTOMERS = frozenset(
    """customer client buyer member guest user patient owner student person people donor passenger subscriber reader tenant visitor attendee traveller
    household parent investor applicant policyholder supporter company shopper patron participant sender account subscriber viewer pupil candidate
    organisation organization renter borrower""".split()
)  # who order, pay, book and visit; staff handle what others order

PURCHASES = frozenset(
    "order purchase booking reservation rental payment donation loan claim visit appointment invoice bill ticket complaint return".split()
)

PLACES = frozenset(
    """city town country region location state county province district hometown birthplace residence headquarters place area venue nationality
    village destination origin continent campus suburb site neighbourhood neighborhood""".split()
)

# How people say a country that is stored by another name.
COUNTRIES: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(
        ("usa", "us", "united states", "united states of america"),
        ("the US", "the USA", "the United States", "America", "the United States of America", "the country"),
    ),
    **dict.fromkeys(("uk", "gb", "gbr", "united kingdom", "great britain"), ("the UK", "the United Kingdom", "Britain", "the country")),
    **dict.fromkeys(("de", "deu", "germany"), ("Germany", "the country")),
    **dict.fromkeys(("fr", "fra", "france"), ("France", "the country")),
}

MONEY = frozenset(
    """price cost salary pay wage revenue amount budget fee charge total income profit balance payment fare spending premium bonus discount value
    rent sales expense deposit tax turnover earnings donation fine damage gross assets""".split()
)

ADJECTIVAL = frozenset(
    """status state type kind category gender sex colour color level size priority condition class breed material genre cuisine segment style
    severity stage denomination grade species fuel position role rank job occupation nationality specialty sector membership plan season method
    tier mode outcome result flag classification discipline title variety product""".split()
)  # whose values may stand before the noun: "delivered orders", "red bikes"


@dataclass(frozen=True, slots=True)
class Measure:
    """How people compare by a column of numbers. Slots: {x} a number, {n} a name, <plural/singular> forms of the verb."""

    most: tuple[str, ...]  # superlatives before the noun
    least: tuple[str, ...]
    above: tuple[str, ...]  # after the noun
    below: tuple[str, ...]
    how: tuple[str, ...] = ()  # direct questions by name
    top: tuple[str, ...] = ()  # verb phrases that end a "which/who ..." question


def _measure(most: str, least: str, above: str, below: str, how: str = "", top: str = "") -> Measure:
    return Measure(*(tuple(p.strip() for p in part.split(";") if p.strip()) for part in (most, least, above, below, how, top)))


_PRICE = _measure(
    "most expensive; priciest; dearest; costliest; highest-priced",
    "cheapest; least expensive; lowest-priced; most affordable",
    "that <cost/costs> more than {x}; costing more than {x}; over {x}; priced above {x}; more expensive than {x}; that <cost/costs> "
    "over {x}",
    "that <cost/costs> less than {x}; costing less than {x}; under {x}; cheaper than {x}; below {x}; that <cost/costs> under {x}; "
    "priced below {x}",
    "How much does {n} cost; How much is {n}; What does {n} cost; How expensive is {n}",
    "costs the most",
)
_PAY = _measure(
    "best paid; highest paid; top-earning; best-earning",
    "lowest paid; worst paid; least paid",
    "who <earn/earns> more than {x}; earning over {x}; who <make/makes> more than {x}; paid more than {x}; earning more than {x}",
    "who <earn/earns> less than {x}; earning under {x}; who <make/makes> less than {x}; paid less than {x}",
    "How much does {n} earn; What does {n} earn; How much does {n} make; How much is {n} paid",
    "earns the most; makes the most money; gets paid the most",
)
_AGE = _measure(
    "oldest; eldest",
    "youngest",
    "older than {x}; over {x} years old; above the age of {x}; aged over {x}; over {x}",
    "younger than {x}; under {x} years old; below the age of {x}; aged under {x}; under {x}",
    "How old is {n}; What age is {n}",
)
_HEIGHT = _measure(
    "tallest; highest",
    "shortest; lowest",
    "taller than {x}; higher than {x}; over {x} tall",
    "shorter than {x}; lower than {x}; under {x} tall",
    "How tall is {n}; How high is {n}",
)
_LENGTH = _measure(
    "longest",
    "shortest",
    "longer than {x}; over {x} long; that <are/is> more than {x} long",
    "shorter than {x}; under {x} long; that <are/is> less than {x} long",
    "How long is {n}",
)
_DURATION = _measure(
    "longest",
    "shortest; briefest",
    "longer than {x}; that <last/lasts> more than {x}; that <take/takes> longer than {x}; lasting over {x}",
    "shorter than {x}; that <last/lasts> less than {x}; lasting under {x}; that <take/takes> less than {x}",
    "How long does {n} last; How long is {n}; How long does {n} take",
    "lasts the longest; takes the longest",
)
_WEIGHT = _measure(
    "heaviest",
    "lightest",
    "heavier than {x}; that <weigh/weighs> more than {x}; weighing over {x}; weighing more than {x}",
    "lighter than {x}; that <weigh/weighs> less than {x}; weighing under {x}; weighing less than {x}",
    "How much does {n} weigh; How heavy is {n}; What does {n} weigh",
    "weighs the most",
)
_SIZE = _measure(
    "largest; biggest",
    "smallest",
    "larger than {x}; bigger than {x}",
    "smaller than {x}",
    "How big is {n}; How large is {n}",
)
_CAPACITY = _measure(
    "largest; biggest; roomiest",
    "smallest",
    "with room for more than {x}; that can <hold/hold> more than {x}; that <seat/seats> more than {x}; with space for over {x}",
    "with room for fewer than {x}; that <hold/holds> fewer than {x}; that <seat/seats> fewer than {x}",
    "How many people fit in {n}; How many people can {n} hold; How big is {n}",
)
_SCORE = _measure(
    "best; best-rated; highest-rated; top-rated; best rated",
    "worst; worst-rated; lowest-rated",
    "rated above {x}; rated higher than {x}; rated better than {x}; with more than {x} stars; with a score over {x}",
    "rated below {x}; rated lower than {x}; rated worse than {x}; with a score under {x}",
    "How is {n} rated; How good is {n}",
)
_SPEED = _measure("fastest; quickest", "slowest", "faster than {x}", "slower than {x}", "How fast is {n}; How fast does {n} go")
_POPULATION = _measure(
    "most populous; largest; biggest; most populated",
    "least populous; smallest; least populated",
    "with more than {x} people; with more than {x} inhabitants; with over {x} residents",
    "with fewer than {x} people; with fewer than {x} inhabitants; with under {x} residents",
    "How many people live in {n}; How populous is {n}; How many inhabitants does {n} have",
)
_STOCK = _measure(
    "best-stocked",
    "lowest-stock",
    "with more than {x} in stock; of which we have more than {x}; with over {x} units left",
    "with fewer than {x} in stock; of which we have fewer than {x}; with less than {x} units left; running low, below {x}",
    "How many {n} do we have; How many {n} are in stock; How much {n} is left; How many {n} are left; How many units of {n} are in stock",
)
_DISTANCE = _measure(
    "longest; farthest", "shortest; nearest", "longer than {x}; farther than {x}; over {x}", "shorter than {x}; under {x}",
    "How long is {n}; How far is {n}",
)  # fmt: skip
_AREA = _measure(
    "largest; biggest",
    "smallest",
    "larger than {x}; bigger than {x}; covering more than {x}",
    "smaller than {x}",
    "How big is {n}; How large is {n}",
)
_AMOUNT = _measure(
    "largest; biggest; highest",
    "smallest; lowest",
    "over {x}; above {x}; of more than {x}; worth more than {x}; larger than {x}",
    "under {x}; below {x}; of less than {x}; worth less than {x}; smaller than {x}",
    "How much is {n}; How much was {n}",
)
_TEMPERATURE = _measure(
    "hottest; warmest",
    "coldest; coolest",
    "hotter than {x}; warmer than {x}",
    "colder than {x}; cooler than {x}",
    "How hot is {n}; How warm is {n}",
)
_DEPTH = _measure("deepest", "shallowest", "deeper than {x}", "shallower than {x}", "How deep is {n}")
_BUDGET = _measure(
    "best-funded; best funded", "worst-funded",
        "with more than {x} to spend; with over {x} in funding", "with less than {x} to spend",
            "How much money does {n} have; How much can {n} spend"
)  # fmt: skip

MEASURES: dict[str, Measure] = {
    "price": _PRICE, "cost": _PRICE, "fare": _PRICE, "rent": _PRICE, "fee": _PRICE, "rate": _PRICE, "list price": _PRICE, "unit price": _PRICE,
    "salary": _PAY, "wage": _PAY, "pay": _PAY, "income": _PAY, "earnings": _PAY, "age": _AGE, "height": _HEIGHT, "elevation": _HEIGHT,
    "altitude": _HEIGHT, "length": _LENGTH, "duration": _DURATION, "runtime": _DURATION, "weight": _WEIGHT, "size": _SIZE,
    "capacity": _CAPACITY, "seats": _CAPACITY, "seating": _CAPACITY, "rating": _SCORE, "score": _SCORE, "stars": _SCORE, "speed": _SPEED,
    "population": _POPULATION, "inhabitants": _POPULATION, "stock": _STOCK, "inventory": _STOCK, "distance": _DISTANCE, "area": _AREA,
    "amount": _AMOUNT, "total": _AMOUNT, "balance": _AMOUNT, "value": _AMOUNT, "total amount": _AMOUNT, "temperature": _TEMPERATURE,
    "depth": _DEPTH, "budget": _BUDGET, "funding": _BUDGET,
}  # fmt: skip

# A word in the name of a date column -> participles ("placed in May"), and whether it makes a person or thing older/newer.
DATE_VERBS: dict[str, tuple[str, ...]] = _entries("""
order = placed, made, ordered
ordered = ordered, placed
placed = placed
purchase = bought, purchased
sale = sold
sold = sold
hire = hired, taken on, employed
hired = hired, taken on
joined = joined
join = joined
start = started
started = started
begin = started
end = finished, ended
ended = finished, ended
finish = finished
birth = born
born = born
birthday = born
death = died
founded = founded, established
opened = opened
open = opened
opening = opened
closed = closed
created = created, added
creation = created
added = added
release = released
released = released
publication = published
published = published
shipped = shipped, sent
ship = shipped, sent out
shipping = shipped
sent = sent
delivery = delivered
delivered = delivered
received = received
receipt = received
returned = returned, brought back
return = returned, brought back
due = due
paid = paid
payment = paid
invoice = issued, billed
issued = issued
issue = issued
registered = registered, signed up
registration = registered
signup = registered, signed up
signed = signed
built = built
updated = updated, changed
modified = changed
expiry = expired
expires = expired
reported = reported
resolved = resolved, solved
completed = completed, finished
completion = completed
cancelled = cancelled
booking = booked
booked = booked
checkin = checked in
visit = made
admission = admitted
admitted = admitted
discharge = discharged
donation = given, donated
tested = tested
inspection = inspected
inspected = inspected
planted = planted
harvested = harvested
installed = installed
installation = installed
acquired = acquired
acquisition = acquired
appointment = scheduled
event = held
held = held
filed = filed
approved = approved
approval = approved
submitted = submitted
submission = submitted
graduation = graduated
premiere = premiered
launch = launched
launched = launched
loan = lent, borrowed
borrowed = borrowed
rental = rented, hired out
rented = rented
enrolled = enrolled
enrolment = enrolled
enrollment = enrolled
departure = departing
match = played
played = played
recorded = recorded
measured = measured, taken
transaction = made
""")

# What rows of one table are to {v}, a row of the same table, by the noun of the table or column that ties them.
TIES: dict[str, tuple[str, ...]] = {
    "border": (
        "that <border/borders> {v}", "bordering {v}", "that <border/borders> {v}", "next to {v}", "adjacent to {v}", "neighbouring {v}",
        "neighboring {v}", "that <share/shares> a border with {v}", "{v} borders", "surrounding {v}", "which <border/borders> {v}",
    ),
    "neighbour": ("next to {v}", "beside {v}", "neighbouring {v}", "neighboring {v}", "that <border/borders> {v}"),
    "neighbor": ("next to {v}", "beside {v}", "neighbouring {v}", "neighboring {v}", "that <border/borders> {v}"),
    "friend": ("who <are/is> friends with {v}", "who <are/is> friends of {v}", "befriended by {v}", "that {v} is friends with"),
    "like": ("who <are/is> liked by {v}", "liked by {v}", "that {v} likes"),
    "follow": ("followed by {v}", "that {v} follows", "who <are/is> followed by {v}"),
    "follower": ("following {v}", "who <follow/follows> {v}", "that <follow/follows> {v}"),
    "prereq": ("required for {v}", "needed before {v}", "that <are/is> a prerequisite of {v}", "that {v} requires"),
    "prerequisite": ("required for {v}", "needed before {v}", "that <are/is> a prerequisite of {v}", "that {v} requires"),
    "citation": ("cited by {v}", "that {v} cites"),
    "connection": ("connected to {v}", "with a connection to {v}", "linked to {v}"),
    "part": ("that <are/is> part of {v}", "used in {v}", "in {v}"),
    "component": ("that <are/is> part of {v}", "used in {v}", "in {v}"),
    "member": ("that <belong/belongs> to {v}", "in {v}"),
}  # fmt: skip

# What ties a row to the row it points at. The key is a noun of the child, the parent, or "child>parent".
# Values: "after the child's noun" | "verb of the parent over children (past), for who/which ... the most children".
RELATIONS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    key: (tuple(p.strip() for p in after.split(";")), tuple(v.strip() for v in verb.split(";") if v.strip()))
    for key, after, verb in (
        ("order", "placed by; made by; of; from; by", "placed; made"),
        ("purchase", "made by; of; by", "made"),
        ("sale", "made by; to; of", "made; had"),
        ("booking", "made by; of; for; by", "made; had"),
        ("reservation", "made by; of; for; by", "made; had"),
        ("rental", "of; by; made by; for", "made; had"),
        ("payment", "made by; from; by", "made"),
        ("review", "written by; by; from; about", "wrote; left; received"),
        ("invoice", "for; sent to; billed to; of", "received; had"),
        ("ticket", "of; opened by; raised by; from", "opened; raised"),
        ("visit", "by; of; made by", "made; had"),
        ("appointment", "with; of; for", "had"),
        ("loan", "to; of; taken out by; for", "took out; had"),
        ("donation", "from; by; made by; given by", "made; gave"),
        ("claim", "filed by; of; from", "filed; made"),
        ("message", "from; sent by; by", "sent; wrote"),
        ("post", "by; written by; from", "wrote; published"),
        ("complaint", "from; by; made by", "made; filed"),
        ("transaction", "by; of; made by", "made; had"),
        ("shipment", "with; by; of; carried by", "carried; had"),
        ("delivery", "from; by; to", "made; received"),
        ("lesson", "with; given by; taught by", "gave; taught"),
        ("session", "with; by; of", "ran; had"),
        ("course", "taught by; given by; of", "taught; offered; gave"),
        ("class", "taught by; with; of", "taught; had"),
        ("book", "by; written by; from", "wrote; published"),
        ("film", "by; directed by; made by", "directed; made"),
        ("movie", "by; directed by; made by", "directed; made"),
        ("song", "by; sung by; on; from", "recorded; sang"),
        ("track", "by; on; from", "recorded; has"),
        ("album", "by; from; recorded by", "released; recorded"),
        ("painting", "by; painted by; from", "painted"),
        ("artwork", "by; made by; from", "made; created"),
        ("paper", "by; written by", "wrote; published"),
        ("article", "by; written by", "wrote; published"),
        ("repair", "by; done by; of; for", "did; had"),
        ("inspection", "by; carried out by; of", "carried out; had"),
        ("project", "led by; of; run by; for", "runs; led; has"),
        ("task", "assigned to; of; for; in", "has"),
        ("match", "played by; at; in; of", "played; hosted"),
        ("event", "at; held at; organised by; in", "hosted; organised"),
        ("exhibition", "at; by; in", "held; hosted"),
        ("flight", "by; operated by; from; with", "operates; has"),
        ("city", "in; of", "has"),
        ("room", "in; of; at", "has"),
        ("product>supplier", "supplied by; from; delivered by; that come from", "supplies; delivers; provides"),
        ("product>vendor", "sold by; from; supplied by", "sells; supplies"),
        ("product>manufacturer", "made by; from; produced by; by", "makes; produces"),
        ("product>brand", "by; from; of", "has; makes"),
        ("product>category", "in; in the category; from the category; belonging to; of the category", "contains; has"),
        ("product>warehouse", "in; stored in; kept in; at", "stores; holds"),
        ("category", "in; in the category; belonging to; of category; from", "has; contains"),
        ("genre", "in the genre; of the genre", "has; contains"),
        ("employee>department", "in; working in; who work in; of; from; in the department", "employs; has"),
        ("employee>company", "of; working for; employed by; who work for; at", "employs; has"),
        ("employee>branch", "at; working at; in; of", "employs; has"),
        ("employee>office", "in; at; based in; working in", "has; employs"),
        ("department", "in; of; from; belonging to; in the department", "has"),
        ("team", "in; on; of; playing for; from", "has"),
        ("club", "in; of; at; from", "has"),
        ("school", "at; of; from; in; attending", "has"),
        ("university", "at; of; from", "has"),
        ("supplier", "from; supplied by; delivered by", "supplies; delivers"),
        ("manufacturer", "by; made by; from; manufactured by", "makes; produces"),
        ("company", "of; at; from; belonging to", "has"),
        ("manager", "managed by; led by; under; reporting to; who report to", "manages; leads; supervises"),
        ("supervisor", "supervised by; under; reporting to", "supervises"),
        ("owner", "owned by; belonging to; of", "owns; has"),
        ("author", "by; written by; from", "wrote; has written"),
        ("artist", "by; from; of", "made; has"),
        ("director", "by; directed by", "directed"),
        ("publisher", "published by; from", "published; publishes"),
        ("doctor", "with; seen by; treated by; of", "treated; saw"),
        ("teacher", "taught by; with; of", "teaches"),
        ("instructor", "taught by; with; led by", "teaches"),
        ("driver", "driven by; of; with", "drove; drives"),
        ("customer", "of; by; from; for; belonging to", "has; had"),
        ("member", "of; by; from", "has; had"),
        ("patient", "of; for", "had; has"),
        ("student", "of; by; from", "has; had"),
        ("building", "in; inside; located in", "has"),
        ("country", "in; from; of; located in", "has"),
        ("state", "in; of; from; located in", "has"),
        ("province", "in; of; from; located in", "has"),
        ("county", "in; of; from; located in", "has"),
        (
            "river",
            "in; of; that <run/runs> through; running through; that <flow/flows> through; flowing through; that <cross/crosses>",
            "has",
        ),
        ("road", "in; through; that <run/runs> through; that <cross/crosses>", "has"),
        ("lake", "in; of", "has"),
        ("mountain", "in; of", "has"),
        ("island", "in; of; off", "has"),
        ("city", "in; from; located in", "has"),
        ("region", "in; from; of", "has"),
        ("location", "at; in; located at", "has; hosted"),
        ("venue", "at; held at; in", "hosted; has"),
        ("warehouse", "in; stored in; at; from", "stores; has"),
        ("store", "at; in; of; from", "has; had"),
        ("shop", "at; in; of; from", "has; had"),
        ("branch", "at; of; in; from", "has; had"),
        ("hotel", "at; in; of", "has; had"),
        ("restaurant", "at; of; in", "has; had"),
        ("hospital", "at; in; of", "has; employs"),
        ("line", "on; of", "has"),
        ("route", "on; along; of", "has"),
        ("album", "on; from", "has"),
        ("series", "in; of; from", "has"),
        ("project", "on; in; of; for; assigned to", "has"),
        ("event", "at; for; of", "had; has"),
        ("course", "in; of; for", "has"),
        ("product", "of; for; with", "has; had"),
        ("vehicle", "of; for; with", "had; has"),
    )
}
