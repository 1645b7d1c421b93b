"""How people ask an office assistant to calculate: phrasings by calculation, as data.

A slot is {kind:name} or, for words, {kind}. Kinds of number: money, percent, count (from 2), many (from 20), hours, weight,
distance; date. A calculation is written in prefix over the slots' names; "total" and "mean" close with "end"; several,
separated by ";", are steps, of which r1, r2 … name the results.
"""

from __future__ import annotations

PHRASINGS: dict[str, tuple[str, ...]] = {
    # Percentages
    "percent p a": (
        "What is {percent:p} of {money:a}?", "{percent:p} of {many:a}", "How much is {percent:p} of {money:a}?",
        "Calculate {percent:p} of {many:a}.", "Work out {percent:p} of {money:a} for me",
        "A {percent:p} commission on a sale of {money:a}: how much is that?",
        "We leave a {percent:p} tip on a bill of {money:a}. What is the tip?",
        "The bill came to {money:a}. How much is a {percent:p} tip?",
        "How many are {percent:p} of the {many:a} {people}?", "If {percent:p} of our {many:a} {people} reply, how many is that?",
        "{person} pays {percent:p} tax on {money:a}. How much tax is due?", "What is the VAT on {money:a} at {percent:p}?",
        "What is the sales tax on a {money:a} {thing} if the rate is {percent:p}?",
        "A deposit of {percent:p} is due on {money:a}. How much is the deposit?",
        "What interest does {money:a} earn in a year at {percent:p}?", "How much would {percent:p} off {money:a} save us?",
    ),
    "sub a percent p a": (
        "A {thing} costs {money:a} and is reduced by {percent:p}. What do I pay?", "What is {money:a} less {percent:p}?",
        "What is {money:a} minus {percent:p}?", "How much is a {money:a} {thing} after a {percent:p} discount?",
        "With {percent:p} off, what is the price of a {thing} listed at {money:a}?",
        "The {thing} was {money:a}. It is now {percent:p} cheaper. What does it cost now?",
        "{person} gets a {percent:p} staff discount on {money:a}. What does {person2} have to pay?",
        "What is left of {money:a} after a {percent:p} fee?", "Take {percent:p} off {money:a}",
        "Sales of {many:a} fell by {percent:p}. What are they now?",
        "If {percent:p} of {many:a} {people} cancel, how many are left?",
    ),
    "add a percent p a": (
        "What is {money:a} plus {percent:p} VAT?", "The {thing} costs {money:a} before {percent:p} tax. What is the total?",
        "Add {percent:p} to {money:a}", "What does a {money:a} {thing} cost including {percent:p} VAT?",
        "The net price is {money:a}. What is it with {percent:p} VAT?", "My rent of {money:a} goes up by {percent:p}. What is it then?",
        "{person} earns {money:a} and gets a raise of {percent:p}. What is the new salary?",
        "Our {many:a} {people} grew by {percent:p}. How many are there now?",
        "What will {money:a} be worth after a year at {percent:p} interest?",
        "What is the bill of {money:a} with a {percent:p} tip included?", "Increase {many:a} by {percent:p}.",
    ),
    "div mul a 100 add 100 p": (
        "A {thing} costs {money:a} including {percent:p} VAT. What is the price without VAT?",
        "What is the net amount of {money:a} gross at {percent:p} VAT?",
        "The total was {money:a} after {percent:p} tax was added. What was it before tax?",
        "We paid {money:a} with {percent:p} VAT in it. What is the net price?",
    ),
    "share a b": (
        "What percentage of {many:b} is {count:a}?", "{count:a} of {many:b} {people} replied. What percentage is that?",
        "What percent is {count:a} out of {many:b}?", "{count:a} is what percentage of {many:b}?",
        "We spent {money:a} of a budget of {money:b}. What share is that in percent?",
        "Of {many:b} {things}, {count:a} were broken. What percentage was broken?",
        "{person} answered {count:a} of {many:b} questions correctly. What is the score in percent?",
        "{money:a} of our {money:b} revenue came from {place}. What percentage is that?",
        "What percentage of the {money:b} budget went to {place} if {place} got {money:a}?",
    ),
    "change a b": (
        "By what percentage did the price change from {money:a} to {money:b}?",
        "Revenue went from {money:a} to {money:b}. What is the change in percent?",
        "What is the percentage change from {many:a} to {many:b}?",
        "The {thing} cost {money:a} last year and {money:b} this year. How much did the price change in percent?",
        "We had {many:a} {people} and now have {many:b}. By how many percent did that change?",
        "Visits rose from {many:a} to {many:b}. What growth is that in percent?",
        "How much has the rent increased, in percent, if it went from {money:a} to {money:b}?",
    ),
    # Sums and differences
    "total a b c end": (
        "What is {money:a} plus {money:b} plus {money:c}?", "Add up {money:a}, {money:b} and {money:c}.",
        "The invoices are {money:a}, {money:b} and {money:c}. What is the total?",
        "What do {many:a}, {many:b} and {many:c} come to?", "Sum of {money:a}, {money:b} and {money:c}",
        "{person} spent {money:a} on {things}, {money:b} on {things2} and {money:c} on travel. How much was spent in all?",
        "The offices in {place} have {count:a}, {count:b} and {count:c} desks. How many desks is that altogether?",
        "I drove {distance:a} on Monday, {distance:b} on Tuesday and {distance:c} on Friday. How far did I drive in total?",
    ),
    "total a b c d end": (
        "Add {money:a}, {money:b}, {money:c} and {money:d}", "What is the sum of {many:a}, {many:b}, {many:c} and {many:d}?",
        "Expenses: hotel {money:a}, train {money:b}, meals {money:c}, taxi {money:d}. What is the total?",
        "The four quarters brought in {money:a}, {money:b}, {money:c} and {money:d}. What was the year's total?",
    ),
    "add a b": (
        "What is {many:a} plus {many:b}?", "{money:a} and {money:b} together?", "{person} has {count:a} {things} and gets {count:b} more. "
        "How many {things} is that?", "The {thing} is {money:a} and delivery is {money:b}. What do we pay in all?",
        "Team A has {count:a} {people} and team B has {count:b}. How many {people} are there in both teams?",
    ),
    "sub a b": (
        "What is {many:a} minus {many:b}?", "How much is left of {money:a} after spending {money:b}?",
        "The budget is {money:a} and we have spent {money:b}. How much remains?", "What is the difference between {many:a} and {many:b}?",
        "{many:a} {things} were in stock and {count:b} were sold. How many are left?",
        "{person} pays a bill of {money:b} out of {money:a}. How much change is there?",
        "How much more is {money:a} than {money:b}?", "Subtract {money:b} from {money:a}.",
    ),
    "sub a add b c": (
        "From a budget of {money:a} we paid {money:b} for {things} and {money:c} for {things2}. What is left?",
        "{person} had {money:a}, spent {money:b} and then {money:c}. How much is left?",
        "There were {many:a} {things}. {count:b} were sold and {count:c} were returned to the maker. How many remain?",
    ),
    # Averages
    "mean a b c end": (
        "What is the average of {many:a}, {many:b} and {many:c}?",
        "The bills were {money:a}, {money:b} and {money:c}. What is the average bill?",
        "Average of {money:a}, {money:b} and {money:c}", "{person} scored {count:a}, {count:b} and {count:c}. What is the mean score?",
        "Over three days we had {many:a}, {many:b} and {many:c} visitors. How many is that a day on average?",
    ),
    "mean a b c d end": (
        "Find the mean of {many:a}, {many:b}, {many:c} and {many:d}.",
        "What did we spend on average if the months were {money:a}, {money:b}, "
        "{money:c} and {money:d}?", "The packages weigh {weight:a}, {weight:b}, {weight:c} and {weight:d}. What is the average weight?",
    ),
    "mean a b end": ("What is the average of {money:a} and {money:b}?", "Mean of {many:a} and {many:b}?"),
    # Unit prices, quantities, splitting
    "mul n a": (
        "What do {count:n} {things} at {money:a} each cost?", "How much are {count:n} {things} if one costs {money:a}?",
        "We order {count:n} {things} for {money:a} apiece. What is the total?", "{count:n} times {many:a}",
        "What is {many:n} multiplied by {count:a}?", "{person} works {hours:n} at {money:a} an hour. What is the pay?",
        "A {thing} costs {money:a} a month. What is that for {count:n} months?",
        "There are {count:n} boxes with {count:a} {things} in each. How many {things} are there?",
        "How far do we get in {hours:n} at {count:a} km per hour?", "Each of our {count:n} {people} gets {money:a}. How much do we need?",
    ),
    "div a n": (
        "Split {money:a} between {count:n} people", "What is {many:a} divided by {count:n}?",
        "If {count:n} {things} cost {money:a}, what does one cost?", "How much is it each if {count:n} {people} share a bill of {money:a}?",
        "{count:n} {people} divide {money:a} equally. How much does each get?", "What is the price per unit if {count:n} cost {money:a}?",
        "The rent of {money:a} is shared by {count:n} {people}. What does everyone pay?",
        "A pack of {count:n} {things} costs {money:a}. What is the price of a single one?",
        "{many:a} {things} go into boxes of {count:n}. How many boxes do we need?",
        "{person} drove {distance:a} in {hours:n}. What was the average speed?",
        "What is the price per kilo if {weight:n} cost {money:a}?",
    ),
    "div add a b n": (
        "Dinner was {money:a} and drinks were {money:b}. What does each of {count:n} {people} pay?",
        "Split {money:a} plus {money:b} {count:n} ways",
        "The hotel is {money:a} and the car {money:b}; {count:n} of us share. How much each?",
    ),
    "add mul n a b": (
        "{count:n} {things} at {money:a} each plus {money:b} delivery: what is the total?",
        "We buy {count:n} {things} for {money:a} each and pay {money:b} shipping. How much is it in all?",
        "A taxi charges {money:a} per kilometre for {count:n} kilometres and a fee of {money:b}. What is the fare?",
    ),
    "add mul n a mul m b": (
        "What do {count:n} {things} at {money:a} and {count:m} {things2} at {money:b} cost together?",
        "We need {count:n} {things} for {money:a} each and {count:m} {things2} for {money:b} each. What is the total?",
        "{person} worked {hours:n} at {money:a} an hour and {hours:m} at {money:b} an hour. What is the pay in all?",
    ),
    "sub b mul n a": (
        "I pay for {count:n} {things} at {money:a} each with {money:b}. How much do I get back?",
        "How much is left of {money:b} after buying {count:n} {things} at {money:a}?",
    ),
    "mul n a ; sub r1 percent p r1": (
        "What do {count:n} {things} at {money:a} each cost with a {percent:p} discount?",
        "{count:n} {things} at {money:a} apiece, less {percent:p}: what do we pay?",
    ),
    "mul n a ; add r1 percent p r1": (
        "What do {count:n} {things} at {money:a} each cost including {percent:p} VAT?",
        "{count:n} hours at {money:a} plus {percent:p} tax: what goes on the invoice?",
    ),
    "add a b ; add r1 percent p r1": (
        "{money:a} for parts and {money:b} for labour, plus {percent:p} VAT. What is the total?",
        "What do we pay for {money:a} and {money:b} together with {percent:p} tax?",
    ),
    # Conversions: the factor is a constant of the language
    "mul h 60": ("How many minutes are {hours:h}?", "Convert {hours:h} to minutes", "{hours:h} in minutes?"),
    "div n 60": ("How many hours are {many:n} minutes?", "Convert {many:n} minutes to hours.", "How many minutes are {many:n} seconds?"),
    "mul n 7": (
        "How many days are {count:n} weeks?", "Convert {count:n} weeks into days",
        "The course takes {count:n} weeks. How many days is that?",
    ),
    "mul n 24": ("How many hours are {count:n} days?", "{count:n} days in hours"),
    "mul n 12": (
        "How many months are {count:n} years?", "How many eggs are in {count:n} cartons of a dozen?", "How many inches are {count:n} feet?",
    ),
    "div n 12": ("How many years are {many:n} months?", "How many dozens are {many:n} eggs?"),
    "mul a 12": ("The {thing} costs {money:a} a month. What is that a year?", "{money:a} per month: how much per year?"),
    "div a 12": ("The salary is {money:a} a year. What is that per month?", "What is {money:a} a year by the month?"),
    "mul a 52": ("{person} spends {money:a} a week on {things}. How much is that in a year?", "What is {money:a} a week over a year?"),
    "mul n 1000": ("How many metres are {count:n} kilometres?", "Convert {weight:n} to grams", "How many grams are {weight:n}?"),
    "div n 1000": ("How many kilometres are {many:n} metres?", "{many:n} grams in kilograms", "Convert {many:n} millilitres to litres"),
    "mul n 100": ("How many centimetres are {count:n} metres?", "How many cents are {money:n}?"),
    "div n 100": ("How many metres are {many:n} centimetres?",),
    "mul n 365": ("How many days are {count:n} years of 365 days?",),
    "mul mul n h 60": ("{count:n} sessions of {hours:h} each: how many minutes is that?",),
    "mul mul n a 52": ("{person} buys {count:n} {things} a week at {money:a} each. What does that cost in a year?",),
    # Days
    "days_between d e": (
        "How many days are there between {date:d} and {date:e}?", "How many days from {date:d} to {date:e}?",
        "Days between {date:d} and {date:e}", "How long is it from {date:d} until {date:e} in days?",
        "The project runs from {date:d} to {date:e}. How many days is that?",
        "The invoice of {date:d} was paid on {date:e}. After how many days?",
        "{person} was away from {date:d} to {date:e}. How many days was that?",
        "If we start on {date:d} and end on {date:e}, how many days do we have?",
    ),
    "mul days_between d e a": (
        "A {thing} is rented at {money:a} a day from {date:d} to {date:e}. What does it cost?",
        "Parking costs {money:a} a day. How much is it from {date:d} to {date:e}?",
    ),
    "div days_between d e 7": ("How many weeks are there between {date:d} and {date:e}?", "How many weeks from {date:d} to {date:e}?"),
    # Powers, rounding, extremes
    "pow a 2": ("What is {count:a} squared?", "Square of {count:a}?"),
    "mul a b": (
        "What is the area of a room {count:a} m long and {count:b} m wide?",
        "How many square metres is a field of {many:a} by {many:b} metres?",
    ),
    "round a 0": ("Round {money:a} to the nearest whole number", "What is {money:a} rounded to a whole number?"),
    "round div a n 2": ("What is {many:a} divided by {count:n}, to two decimals?",),
    "max a b": ("Which is more, {money:a} or {money:b}?", "What is the larger of {many:a} and {many:b}?"),
    "min a b": ("Which is less, {money:a} or {money:b}?", "What is the smaller of {many:a} and {many:b}?"),
}  # fmt: skip

WORDS: dict[str, tuple[str, ...]] = {
    "thing": (
        "laptop", "printer", "desk", "chair", "phone", "jacket", "bicycle", "monitor", "camera", "tent", "subscription", "licence",
        "ticket",
        "fridge", "sofa", "coffee machine", "projector", "machine", "lamp", "bed",
    ),
    "things": (
        "chairs", "notebooks", "pens", "tickets", "laptops", "boxes", "mugs", "lamps", "cables", "bottles", "shirts", "books", "plants",
        "screws", "tyres", "batteries", "sandwiches", "licences", "parcels", "keyboards",
    ),
    "people": ("customers", "employees", "members", "guests", "students", "colleagues", "friends", "subscribers", "volunteers", "drivers"),
    "person": ("Anna", "Mr Lee", "Priya", "Tom", "our driver", "Maria", "Dr Okafor", "the trainee", "Yusuf", "the team", "Chloe", "Ben"),
    "person2": ("one", "that person", "the buyer"),
    "place": ("Berlin", "Leeds", "the north", "Toronto", "marketing", "Lyon", "Osaka", "sales", "the new branch", "Austin"),
}  # fmt: skip
WORDS["things2"] = ("folders", "tables", "cups", "bags", "markers", "headsets", "shelves", "stickers", "hats", "spare parts")

OPENINGS = (
    "Please tell me: ", "Quick question: ", "Hi, ", "Can you help? ", "For the report: ", "I need this for a meeting. ", "Hello! ",
    "One more: ", "For my notes, ", "Could you check this? ",
)  # fmt: skip
