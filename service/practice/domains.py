"""Everyday domains that invented databases are put together from: vocabulary, nothing more.

A domain begins with "# name" and has a table on each line: `name|synonym: attribute; attribute; > table`. An attribute is
`name|synonym=generator`, where the generator is a word of service/practice/invented_values.py, with "?" if it may be missing;
`> table` points at another table, `>? table as role` at one or none under another name.
"""

DOMAINS = """
# shop
category: name=one:Shoes,Jackets,Lamps,Kitchen,Toys,Books,Garden,Sports,Bags,Games,Stationery,Bedding,Tools,Cosmetics
supplier|vendor: name=company; city; country; phone; email; rating=int:1-5; contact|contact_name=person
product|item|article: name=thing; price|unit_price|list_price=money:2-400; stock|in_stock|quantity_in_stock=int:0-300; colour|color=colour; weight|weight_kg=real:0.1-20; is_discontinued|discontinued=bool; launched|release_date=date; brand=brand; > category; > supplier
customer|client|buyer: name=person; email; phone; city; country; joined|signup_date|registered_on=date; segment|customer_type=one:private,business,wholesale; points|loyalty_points=int:0-900
order|purchase|sale: order_date|placed_on|date=date; status=one:open,paid,shipped,delivered,cancelled,returned; total|total_amount|amount=money:10-900; shipped_on|ship_date=date?; payment_method=one:card,cash,invoice,paypal; > customer; >? employee as sales_rep
order_item|order_line: quantity|qty=int:1-12; unit_price|price=money:2-400; discount=int:0-30; > order; > product
employee|staff_member|worker: name=person; job_title|position=one:cashier,manager,clerk,buyer,driver,accountant; salary|wage=money:1800-7000; hire_date|hired_on=date; city; > store
store|shop|branch: name=place_shop; city; opened|opening_date=date; area|floor_area=int:60-900; manager|manager_name=person
review: rating|stars=int:1-5; review_date|posted_on=date; comment=phrase; > product; > customer
shipment|delivery: carrier=one:Nordpost,QuickShip,BlueVan,Parcelo,Hermod; sent_on|shipped_date=date; delivered_on=date?; cost=money:3-40; weight=real:0.2-30; > order
return: return_date|returned_on=date; reason=one:damaged,too small,too large,wrong item,not needed; refund|refund_amount=money:5-300; > order
# school
student|pupil: first_name=first; last_name|surname=last; birth_date|date_of_birth=date_old; city; email; gpa|average_grade=real:1.0-4.0; enrolled_on|enrollment_date=date; scholarship|has_scholarship=bool; > program
teacher|instructor|lecturer: name=person; subject=one:Maths,Physics,History,Biology,Music,Art,Chemistry,English,Geography; salary=money:2500-6500; hire_date=date; office|room=code:R; email; > department
department|faculty: name=one:Natural Sciences,Humanities,Engineering,Medicine,Law,Economics,Arts,Education; budget=money:50000-900000; building=place_building; head|dean=person
course|class: title|name=course; credits|ects=int:1-12; level=one:beginner,intermediate,advanced; semester|term=one:spring,autumn,winter,summer; capacity|max_students=int:8-200; start_date=date; > teacher; > department
enrollment|registration: grade|mark=real:1.0-5.0; registered_on|enrolled_on=date; status=one:active,passed,failed,dropped; > student; > course
program|degree: name=one:Computer Science,Biology,Business,Nursing,History,Design,Architecture,Physics,Psychology; duration_years|years=int:1-6; tuition|tuition_fee=money:500-9000; > department
exam|test: exam_date|held_on=date; room=code:H; duration|duration_minutes=int:30-240; max_points=int:20-100; > course
classroom|room: name=code:C; capacity|seats=int:10-300; building=place_building; has_projector=bool; floor=int:0-6
scholarship|grant: name=award; amount=money:300-8000; deadline=date; sponsor=company
# hospital
doctor|physician: name=person; specialty|specialization=one:cardiology,surgery,pediatrics,neurology,dermatology,oncology,radiology; phone; salary=money:4000-15000; hired|hire_date=date; > ward|department
nurse: name=person; shift=one:day,night,late; experience_years|years_of_experience=int:0-35; > ward
ward|unit|clinic_department: name=one:Emergency,Cardiology,Maternity,Surgery,Intensive Care,Pediatrics,Oncology,Orthopedics; floor=int:0-9; beds|bed_count=int:6-60; phone
patient: name=person; birth_date|dob=date_old; gender|sex=one:female,male; city; blood_type=one:A,B,AB,O; phone; insurance|insurer=company; weight|weight_kg=int:40-130; height|height_cm=int:140-205
appointment|visit: appointment_date|visit_date=date; reason=one:check-up,follow-up,vaccination,consultation,emergency; fee|cost=money:20-300; status=one:scheduled,completed,cancelled,missed; duration|duration_minutes=int:10-90; > patient; > doctor
prescription: prescribed_on|issue_date=date; dosage|dose_mg=int:5-800; days|duration_days=int:3-90; > patient; > medicine|drug; > doctor
medicine|drug|medication: name=drug; price=money:2-250; manufacturer=company; stock=int:0-500; requires_prescription|prescription_only=bool; expiry_date|expires_on=date
treatment|procedure: name=one:X-ray,MRI scan,Blood test,Ultrasound,Physiotherapy,Dialysis,Biopsy,Vaccination; cost|price=money:30-4000; duration_minutes=int:10-240
bill|invoice: amount|total=money:30-6000; issued_on|invoice_date=date; paid_on=date?; is_paid|paid=bool; > patient
# library
author|writer: name=person; nationality|country=country; birth_year|born=year:1850-1995
book|title: title=title; genre=one:novel,thriller,poetry,history,science,children,biography,fantasy; pages|num_pages=int:60-1100; published|publication_year|year=year:1930-2024; isbn=code:978; copies|copies_owned=int:1-12; language=one:English,German,French,Spanish,Italian; price=money:5-60; > author; > publisher
publisher: name=company; city; founded|founded_year=year:1850-2015
member|reader|patron: name=person; email; city; joined|member_since=date; membership|membership_type=one:adult,child,student,senior; fine|outstanding_fine=money:0-25; phone
loan|checkout: loan_date|borrowed_on=date; due_date=date; returned_on|return_date=date?; fine|late_fee=money:0-12; > book; > member
branch|library: name=place_building; city; opened=year:1900-2020; seats=int:10-300; has_cafe=bool
reservation|hold: reserved_on=date; status=one:waiting,ready,expired,collected; > book; > member
event|reading: title=event; event_date=date; attendance|visitors=int:5-200; > branch
# hotel
guest|visitor: name=person; country|nationality=country; email; phone; vip|is_vip=bool; city
room: number|room_number=int:101-540; type|room_type=one:single,double,suite,family; price_per_night|rate|nightly_rate=money:45-420; floor=int:1-5; beds=int:1-4; has_balcony=bool; > hotel
hotel|property: name=place_hotel; city; country; stars=int:1-5; rooms|number_of_rooms=int:10-400; opened|opening_year=year:1900-2022; has_pool=bool; manager=person
booking|reservation: check_in|checkin_date|arrival=date; nights=int:1-14; guests|number_of_guests=int:1-5; total_price|amount|total=money:60-3000; status=one:confirmed,cancelled,checked in,completed,pending; channel|source=one:website,phone,agency,walk-in; > guest; > room
service|extra: name=one:Breakfast,Spa,Laundry,Airport transfer,Parking,Minibar,Massage,Bike rental; price=money:3-120
staff|employee: name=person; role|position=one:receptionist,cook,housekeeper,porter,manager,waiter; salary=money:1500-5000; hired_on|start_date=date; > hotel
payment: amount=money:20-2500; paid_on|payment_date=date; method=one:card,cash,bank transfer,voucher; > booking
# music
artist|musician|band: name=band; country=country; genre=one:rock,jazz,pop,folk,classical,electronic,blues,metal; formed|founded=year:1950-2020; members|number_of_members=int:1-9; is_active|active=bool
album|record: title=title; release_year|year=year:1960-2024; sales|copies_sold=int:1000-900000; rating=real:1.0-10.0; > artist; > label
song|track: title=title; duration|length_seconds|seconds=int:90-600; plays|play_count=int:100-900000; language=one:English,Spanish,French,Norwegian; > album
label|record_label: name=company; city; founded=year:1920-2015
concert|show: concert_date|date=date; venue=place_venue; city; tickets_sold|attendance=int:50-9000; ticket_price|price=money:10-150; > artist
playlist: name=title; created|created_on=date; followers=int:0-5000; > user as owner
user|listener: username|name=person; country=country; subscription|plan=one:free,basic,premium,family; joined|signed_up=date; age=int:13-80
award|prize: name=award; year=year:1980-2024; > artist
# films
director: name=person; nationality=country; birth_year=year:1920-1990; awards|awards_won=int:0-20
actor: name=person; birth_date=date_old; nationality=country; gender=one:female,male; films|film_count=int:1-90
film|movie: title=title; release_date|released=date; runtime|duration|length_minutes=int:60-220; budget=money:10000-90000000; revenue|gross|box_office=money:10000-200000000; genre=one:drama,comedy,thriller,horror,documentary,animation,romance; rating|score=real:1.0-10.0; language=one:English,French,Korean,Hindi,Spanish; > director; > studio
role|casting: character|character_name=first; salary|fee=money:1000-900000; is_lead|lead=bool; > film; > actor
studio|production_company: name=company; country=country; founded=year:1900-2018; employees|number_of_employees=int:5-3000
cinema|theater: name=place_venue; city; screens=int:1-16; seats|capacity=int:40-2500
screening|showing: show_date|screening_date=date; tickets|tickets_sold=int:0-400; price|ticket_price=money:5-20; > film; > cinema
review: stars|score=int:1-10; reviewer|critic=person; published_on|review_date=date; > film
# sports
team|club: name=team; city; founded|founded_year=year:1880-2015; stadium|home_ground=place_venue; coach|head_coach=person; budget=money:100000-9000000; > league
player|athlete: name=person; position=one:goalkeeper,defender,midfielder,forward; age=int:17-39; nationality=country; height|height_cm=int:160-205; goals|goals_scored=int:0-40; salary|weekly_wage=money:500-90000; market_value=money:10000-9000000; injured|is_injured=bool; > team
match|game|fixture: match_date|played_on=date; attendance|spectators=int:100-60000; home_goals=int:0-6; away_goals=int:0-6; stadium|venue=place_venue; > team as home_team; > referee
referee|official: name=person; experience|years_of_experience=int:1-25; country=country
league|competition: name=league; country=country; level|tier=int:1-5; season|start_year=year:1995-2024
transfer: fee|transfer_fee=money:10000-9000000; transfer_date|date=date; > player; > team as new_team
training|practice_session: held_on|date=date; duration|minutes=int:30-180; focus|topic=one:fitness,tactics,shooting,passing,recovery; > team
sponsor: name=company; industry=industry; amount|contribution=money:1000-900000; since|start_year=year:2000-2024; > team
# office
department|team|division: name=dept; budget|annual_budget=money:20000-2000000; location|office=city; floor=int:0-12; >? employee as manager
employee|staff|worker|colleague: first_name=first; last_name=last; job_title|position|role=job; salary|annual_salary|pay=money:18000-120000; hire_date|start_date|hired_on=date; birth_date|dob=date_old; email; phone|phone_number|extension; city; remote|is_remote=bool; > department
project: name=project; budget=money:2000-900000; start_date|started_on=date; end_date|finished_on|deadline=date?; status=one:planned,active,on hold,completed,cancelled; priority=one:low,medium,high; > department; >? client
client|customer|account: name=company; industry|sector=industry; city; country; contact_person|contact=person; since|customer_since=date; revenue|annual_revenue=money:10000-5000000
assignment|allocation: hours|hours_per_week=int:2-40; role=one:lead,developer,tester,designer,analyst; start_date|from_date=date; > employee; > project
timesheet|time_entry: work_date|date=date; hours|hours_worked=real:0.5-10.0; billable|is_billable=bool; > employee; > project
leave_request|absence|vacation: start_date|from_date=date; days|number_of_days=int:1-25; type|leave_type=one:vacation,sick,parental,unpaid,training; status=one:approved,pending,rejected; > employee
expense|expense_claim: amount=money:5-2500; expense_date|date|spent_on=date; category|type=one:travel,meals,hotel,equipment,training,software; approved|is_approved=bool; > employee
training|course: title|name=course; provider=company; cost|price=money:100-4000; days|duration_days=int:1-10
meeting_room|room: name=roomname; capacity|seats=int:2-60; floor=int:0-8; has_screen|has_projector=bool
asset|device|equipment: name|model=device; type|kind=one:laptop,phone,monitor,printer,tablet,headset; purchase_date|bought_on=date; price|cost=money:40-3500; serial_number|serial=code:SN; > employee as owner
# it
ticket|issue|incident: title|subject=ticket; status=one:open,in progress,resolved,closed,waiting; priority=one:low,normal,high,urgent; created_on|opened_on|reported_on=date; resolved_on|closed_on=date?; hours|hours_spent=real:0.2-20.0; category=one:network,hardware,software,access,email; > user as reporter; >? agent|technician
agent|technician: name=person; team=one:first level,second level,network,security; hired=date; tickets_closed=int:0-400; rating=real:1.0-5.0
user|account: username|name=person; email; department=dept; created|created_on=date; last_login|last_seen=date?; is_admin|admin=bool; active|is_active=bool
server|host: name|hostname=code:srv; location|site=city; operating_system|os=one:Linux,Windows,FreeBSD; ram|ram_gb|memory_gb=int:4-512; cpu_cores|cores=int:2-96; installed_on=date; status=one:running,stopped,maintenance; monthly_cost|cost=money:10-900
application|software: name=software; version=real:1.0-9.9; vendor=company; licences|license_count=int:1-500; annual_cost|cost=money:100-90000; > server
outage|downtime: started_on|start_date=date; minutes|duration_minutes=int:1-900; cause=one:power,network,update,disk failure,human error; > server
backup: made_on|backup_date=date; size_gb|size=int:1-2000; successful|ok=bool; > server
# fleet
vehicle|car|truck: plate|license_plate|registration=plate; make|brand|manufacturer=brand; model=device; year|built|model_year=year:2005-2024; mileage|odometer|km=int:500-300000; fuel|fuel_type=one:diesel,petrol,electric,hybrid; status=one:available,in use,in repair,sold; purchase_price|price=money:5000-90000; seats=int:2-50; > depot
driver: name=person; licence_class|license=one:B,C,CE,D; hired|hire_date=date; phone; birth_date=date_old; accidents|number_of_accidents=int:0-6; > depot
trip|journey|ride: trip_date|date|started_on=date; distance|distance_km|km=int:2-900; destination=city; fuel_used|litres|fuel_litres=real:1.0-200.0; fare|revenue=money:5-900; > vehicle; > driver
depot|garage|base: name=place_depot; city; capacity|spaces=int:5-150; manager=person
repair|maintenance|service: repair_date|done_on=date; cost|price=money:30-5000; type|kind=one:oil change,brakes,tyres,engine,inspection,bodywork; workshop|garage=company; > vehicle
inspection: inspected_on|inspection_date=date; result=one:passed,failed,minor defects; inspector=person; > vehicle
fuel_purchase|refuelling: litres|liters=real:5.0-120.0; price|total_cost=money:8-260; purchased_on|date=date; station=company; > vehicle
# bank
branch|office: name=place_branch; city; opened|opened_on=date; employees|staff_count=int:3-90
customer|client: name=person; birth_date=date_old; city; occupation|job=job; income|annual_income=money:8000-200000; credit_score|score=int:300-850; joined|customer_since=date; > branch
account: number|account_number|iban=code:AC; type|account_type=one:savings,checking,business,student; balance=money:0-90000; opened|opened_on=date; status=one:active,closed,frozen; interest_rate|rate=real:0.1-5.0; > customer
transaction|payment: transaction_date|booked_on|date=date; amount=money:1-9000; type|kind=one:deposit,withdrawal,transfer,card payment,fee; description=phrase; > account
loan|credit: amount|principal=money:500-400000; interest_rate|rate=real:0.5-12.0; start_date|granted_on=date; term_months|months=int:6-360; purpose=one:house,car,education,business,renovation; status=one:active,repaid,defaulted; > customer
card: type|card_type=one:credit,debit,prepaid; issued_on=date; expires_on|expiry_date=date; card_limit|credit_limit|limit_amount=money:200-20000; blocked|is_blocked=bool; > customer
# insurance
policyholder|customer: name=person; city; birth_date=date_old; phone; smoker|is_smoker=bool
policy|contract: number|policy_number=code:P; type|kind=one:car,home,life,travel,health,liability; premium|annual_premium=money:60-4000; start_date|valid_from=date; end_date|valid_until=date?; status=one:active,lapsed,cancelled; coverage|sum_insured=money:1000-900000; > policyholder; > agent
claim: claim_date|filed_on|reported_on=date; amount|claimed_amount=money:50-60000; paid_amount|settled_amount=money:0-40000; status=one:open,approved,rejected,settled; cause|reason=one:accident,fire,theft,storm,water damage; > policy
agent|broker: name=person; region=region; commission|commission_rate=real:1.0-15.0; hired=date; phone
# realestate
property|house|apartment: address=street; type|kind=one:house,flat,studio,villa,office,land; price|asking_price=money:60000-2000000; rooms|bedrooms=int:1-9; area|size_sqm|living_area=int:20-600; built|year_built=year:1890-2024; city; has_garden|garden=bool; status=one:available,reserved,sold,rented; listed_on|listing_date=date; > agent; > owner
agent|realtor: name=person; phone; email; commission|commission_rate=real:1.0-6.0; office=city; started|started_on=date
owner|landlord: name=person; email; phone; city
viewing|visit: viewing_date|date=date; rating|interest=int:1-5; > property; > buyer
buyer|customer: name=person; budget|max_budget=money:80000-1500000; city; phone
tenant|renter: name=person; moved_in|move_in_date=date; rent|monthly_rent=money:250-3500; deposit=money:200-8000; > property
sale: sale_date|sold_on=date; price|sale_price=money:60000-2000000; > property; > buyer
# restaurant
restaurant|place: name=place_food; cuisine=one:Italian,Thai,Mexican,Indian,French,Greek,Japanese,Lebanese; city; rating|stars=real:1.0-5.0; seats|capacity=int:12-250; opened|opened_on=date; has_terrace|terrace=bool; owner=person
dish|menu_item|meal: name=dish; price=money:3-60; type|course=one:starter,main,dessert,drink,side; vegetarian|is_vegetarian=bool; calories=int:60-1500; > restaurant
waiter|server: name=person; hourly_wage|wage=money:9-25; hired|start_date=date; > restaurant
guest_order|order|bill: order_date|date=date; total|amount=money:8-400; tip=money:0-60; guests|number_of_guests=int:1-12; table_number=int:1-40; > restaurant; > waiter
ingredient: name=food; unit_cost|cost=money:1-30; stock|stock_kg=real:0.0-80.0; origin|country_of_origin=country; organic|is_organic=bool; > supplier
supplier: name=company; city; phone; delivery_days|lead_time_days=int:1-14
reservation|booking: reserved_for|date=date; people|party_size=int:1-14; name=person; > restaurant
# gym
member|customer: name=person; birth_date=date_old; joined|joined_on|member_since=date; membership|plan=one:basic,premium,student,family,day pass; monthly_fee|fee=money:15-120; city; email; visits|number_of_visits=int:0-300; left_on|cancelled_on=date?
trainer|coach|instructor: name=person; specialty|speciality=one:yoga,boxing,weights,swimming,cycling,pilates; hourly_rate|rate=money:15-90; since|started=date; phone
class|session: title|name=one:Morning Yoga,Power Spin,Aqua Fit,Body Pump,Pilates Flow,Box Basics,Zumba,Core Blast; day|weekday=one:Monday,Tuesday,Wednesday,Thursday,Friday,Saturday,Sunday; duration|minutes=int:30-90; capacity|places=int:6-40; level=one:beginner,intermediate,advanced; > trainer; > gym
gym|studio|location: name=place_building; city; area|size=int:100-4000; opened=date; has_sauna|sauna=bool
booking|registration: booked_on|date=date; attended=bool; > member; > class
machine|equipment: name|model=device; type=one:treadmill,bike,rower,bench; bought_on|purchase_date=date; price|cost=money:200-9000; last_serviced|serviced_on=date?; > gym
# airline
airline|carrier: name=company; country=country; founded=year:1930-2018; fleet_size|aircraft_count=int:2-400; alliance=one:Skyway,OneSky,Polar
airport: name=place_airport; city; country; code|iata=iata; runways=int:1-6; passengers|annual_passengers=int:50000-80000000; elevation=int:0-2500
flight: number|flight_number=flightno; departure_date|date|departs_on=date; duration|duration_minutes=int:40-900; price|fare=money:30-1200; passengers|passenger_count=int:10-400; status=one:on time,delayed,cancelled,landed; distance|distance_km=int:150-12000; > airline; > airport as origin; > aircraft
aircraft|plane: model=device; manufacturer=brand; seats|capacity=int:20-500; built|year_built=year:1985-2024; range_km|max_range=int:800-15000; > airline
passenger|traveller: name=person; nationality=country; birth_date=date_old; miles|frequent_flyer_miles=int:0-200000; email
ticket|booking: class|travel_class=one:economy,business,first; price=money:30-5000; booked_on|purchase_date=date; seat=code:S; baggage|bags=int:0-4; > passenger; > flight
pilot|captain: name=person; hours|flight_hours=int:200-20000; age=int:25-64; licence_date|licensed_on=date; > airline
# farm
farm: name=place_farm; owner=person; region=region; area|hectares=int:3-900; founded=year:1850-2020; organic|is_organic=bool
field|plot: name=code:F; crop=one:wheat,barley,maize,potatoes,carrots,rapeseed,clover; area|hectares=real:0.5-60.0; soil|soil_type=one:clay,sand,loam,peat; planted|planted_on=date; > farm
animal: name|tag=code:T; species=one:cow,sheep,goat,pig,horse,hen; breed=breed; born|birth_date=date; weight|weight_kg=int:2-900; > farm
harvest|yield: harvested_on|date=date; tonnes|amount_tonnes=real:0.2-90.0; quality=one:A,B,C; price_per_tonne|price=money:50-500; > field
worker|farmhand: name=person; wage|daily_wage=money:60-200; hired|started=date; seasonal|is_seasonal=bool; > farm
machine|tractor: name|model=device; bought|purchase_year=year:1990-2024; price=money:2000-200000; hours|operating_hours=int:10-12000; > farm
sale|delivery: sold_on|date=date; quantity|kg=int:20-9000; price|amount=money:20-20000; buyer=company; > farm
# museum
museum|gallery: name=place_museum; city; founded|opened=year:1750-2015; visitors|annual_visitors=int:1000-3000000; admission|ticket_price=money:0-30; director=person
artist|painter: name=person; nationality=country; birth_year|born=year:1400-1980; style|movement=one:Baroque,Impressionism,Cubism,Realism,Surrealism
artwork|painting|work: title=title; year|created|year_made=year:1450-2020; technique|medium=one:oil,watercolour,bronze,marble,photograph,print; value|estimated_value=money:500-9000000; height|height_cm=int:10-400; on_display|is_on_display=bool; > artist; > museum
exhibition|show: title|name=event; start_date|opened_on=date; end_date|closes_on=date; visitors|attendance=int:100-90000; curator=person; > museum
guide: name=person; languages|language=one:English,German,French,Spanish; since|hired=date; > museum
tour|guided_tour: tour_date|date=date; participants|group_size=int:1-35; price=money:5-40; > guide; > exhibition
donation|gift: amount=money:10-50000; donated_on|date=date; donor=person; > museum
# vet
owner|client|pet_owner: name=person; city; phone; email; since|registered=date
pet|animal|patient: name=petname; species|kind=one:dog,cat,rabbit,parrot,hamster,tortoise; breed=breed; birth_date|born=date; weight|weight_kg=real:0.2-60.0; vaccinated|is_vaccinated=bool; sex|gender=one:female,male; > owner
vet|veterinarian: name=person; speciality|specialty=one:surgery,dentistry,birds,exotics,general; salary=money:2500-8000; hired=date; phone
visit|appointment: visit_date|date=date; reason=one:check-up,vaccination,injury,surgery,dental,grooming; cost|fee|price=money:15-1200; duration|minutes=int:10-120; > pet; > vet
vaccination|shot: vaccine=drug; given_on|date=date; next_due|due_date=date; > pet
medication|product: name=drug; price=money:3-120; stock=int:0-150; supplier=company
# parcels
depot|hub|warehouse: name=place_depot; city; country; capacity|capacity_parcels=int:200-90000; opened=date
courier|driver: name=person; phone; vehicle=one:van,bike,truck,scooter; rating=real:1.0-5.0; started|hired_on=date; > depot
parcel|package|shipment: tracking_number|tracking=code:TR; weight|weight_kg=real:0.1-32.0; sent_on|posted_on=date; delivered_on|delivery_date=date?; status=one:registered,in transit,delivered,lost,returned; price|postage=money:3-60; destination=city; express|is_express=bool; > courier; > customer as sender
customer|sender: name=person; city; type|customer_type=one:private,business; phone
complaint: filed_on|date=date; reason=one:late,damaged,lost,wrong address; compensation|refund=money:0-150; > parcel
# events
event|conference: name|title=event; start_date|date|event_date=date; city; type|kind=one:conference,workshop,fair,concert,seminar; ticket_price|price=money:0-900; capacity|max_attendees=int:20-5000; > organiser; > venue
venue|location: name=place_venue; city; capacity|seats=int:30-20000; rent|daily_rent=money:100-20000; has_parking|parking=bool
organiser|organizer: name=company; phone; email; founded=year:1980-2022
attendee|participant|visitor: name=person; company=company; country=country; email; registered_on|registration_date=date
ticket|registration: type|ticket_type=one:standard,vip,student,early bird; price=money:5-900; bought_on|purchase_date=date; checked_in|used=bool; > event; > attendee
speaker: name=person; topic=one:security,energy,design,marketing,education,health,data; fee=money:0-9000; country=country; > event
sponsor: name=company; amount|contribution=money:500-90000; level=one:gold,silver,bronze; > event
# charity
donor|supporter: name=person; city; email; since|first_donation=date; type|donor_type=one:individual,company,foundation
donation|gift: amount=money:5-9000; donated_on|date|donation_date=date; method=one:card,cash,bank transfer,cheque; anonymous|is_anonymous=bool; > donor; > campaign
campaign|project: name=project; goal|target|target_amount=money:1000-500000; start_date|started_on=date; end_date=date?; country=country; category=one:water,education,health,animals,refugees,forests
volunteer|helper: name=person; birth_date=date_old; hours|hours_given=int:0-900; city; skill|main_skill=one:driving,cooking,teaching,first aid,translation; joined=date; > campaign
grant: amount=money:500-90000; approved_on|granted_on=date; recipient=company; > campaign
# lab
researcher|scientist: name=person; field|discipline=one:chemistry,physics,genetics,ecology,robotics; h_index=int:0-70; hired|joined=date; email; > institute
institute|laboratory|lab: name=place_building; city; budget=money:90000-9000000; founded=year:1900-2018; head|director=person
project|study: title|name=project; start_date=date; end_date=date?; funding|budget=money:5000-2000000; status=one:planned,running,finished; > institute
paper|publication|article: title=title; published|year|publication_year=year:1998-2024; citations|citation_count=int:0-2000; journal=journal; pages=int:4-60; > researcher as author
sample|specimen: code|label=code:SP; collected_on|date=date; type=one:water,soil,blood,rock,tissue; mass|mass_g=real:0.1-400.0; location|site=city; > project
instrument|device: name|model=device; price|cost=money:500-900000; bought|purchase_date=date; last_calibrated=date?; > institute
experiment|measurement: performed_on|run_date=date; temperature|temperature_c=real:1.0-95.0; duration|hours=real:0.5-72.0; successful|success=bool; > project; > researcher
# energy
plant|power_plant|station: name=place_plant; type|energy_source=one:solar,wind,hydro,gas,nuclear,biomass; capacity|capacity_mw=int:1-3000; region=region; opened|commissioned=year:1960-2024; staff|employees=int:1-600; > operator
operator|company: name=company; country=country; founded=year:1900-2020; revenue=money:100000-90000000
reading|production_record: reading_date|date=date; output|output_mwh|energy=int:1-40000; > plant
customer|household: name=person; city; tariff|plan=one:basic,green,night,business; consumption|annual_kwh=int:500-30000; since|contract_start=date; monthly_payment|payment=money:20-600; > operator
outage|fault: outage_date|date|started_on=date; minutes|duration_minutes=int:1-2000; cause=one:storm,maintenance,overload,equipment failure; affected|affected_households=int:10-90000; > plant
meter: serial_number|number=code:M; installed_on|installed=date; smart|is_smart=bool; > customer
# warehouse
warehouse|depot: name=place_depot; city; area|floor_area=int:200-40000; manager=person; opened=date
item|part|component: name=part; category|type=one:electronics,fasteners,cables,tools,packaging,chemicals; unit_cost|cost|price=money:0.5-300; weight|weight_g=int:1-9000; reorder_level|minimum_stock=int:5-200; hazardous|is_hazardous=bool; > supplier
supplier|manufacturer: name=company; country=country; lead_time|lead_time_days=int:1-60; email; rating=real:1.0-5.0
stock_level|inventory|stock: quantity|units=int:0-3000; counted_on|last_counted=date; shelf=code:SH; > item; > warehouse
purchase_order|order: ordered_on|order_date=date; quantity|units=int:5-2000; received_on|delivery_date=date?; unit_price|price=money:0.5-300; status=one:draft,sent,received,cancelled; > item; > supplier
movement|transfer: moved_on|date=date; quantity|units=int:1-500; direction|type=one:in,out; > item; > warehouse
# recruiting
company|employer: name=company; industry|sector=industry; city; employees|size=int:3-20000; founded=year:1900-2023
job|vacancy|position: title=job; salary|yearly_salary=money:18000-150000; city; type|contract_type=one:full-time,part-time,internship,freelance; posted_on|published|date_posted=date; closed_on|filled_on=date?; remote|is_remote=bool; openings|positions=int:1-8; > company
candidate|applicant: name=person; email; city; experience_years|years_of_experience=int:0-35; education|degree=one:none,bachelor,master,phd; expected_salary|desired_salary=money:18000-140000; registered|registered_on=date
application: applied_on|application_date|date=date; status=one:received,interview,offer,hired,rejected; score|rating=int:1-10; > candidate; > job
interview: interview_date|held_on=date; interviewer=person; score=int:1-10; type=one:phone,video,on site; > application|candidate
# tourism
guide|tour_guide: name=person; language=one:English,Spanish,French,Italian,Japanese; daily_rate|rate=money:50-400; experience_years|experience=int:0-30; phone
tour|trip|excursion: name=tour; duration|days|duration_days=int:1-21; price=money:20-4000; difficulty|level=one:easy,moderate,hard; max_participants|capacity|group_size=int:4-40; region|destination=region; > guide
departure|tour_date: start_date|departs_on|date=date; participants|booked_places=int:0-40; status=one:open,full,cancelled,completed; > tour
traveller|customer|participant: name=person; country=country; birth_date=date_old; email; phone
booking|reservation: booked_on|booking_date=date; persons|people=int:1-8; total|amount|price=money:30-9000; paid|is_paid=bool; > traveller; > tour
attraction|sight: name=place_museum; city; type|kind=one:castle,museum,park,beach,church,viewpoint; entry_fee|admission=money:0-40; visitors|annual_visitors=int:500-2000000; rating=real:1.0-5.0
# geography
country|nation: name=country_unique; capital=city; population|inhabitants=int:30000-90000000; area|area_km2=int:300-900000; continent=one:Europe,Asia,Africa,Oceania,South America,North America; gdp=money:1000000-900000000; currency=one:crown,franc,dollar,peso,dinar
city|town: name=city_unique; population|inhabitants=int:800-5000000; elevation|altitude=int:0-2600; founded=year:900-1950; is_capital|capital=bool; mayor=person; > country
river: name=river; length|length_km=int:20-4000; source=region; > country
mountain|peak: name=mountain; height|elevation|height_m=int:400-8200; first_climbed|first_ascent=year:1780-1990; range|mountain_range=region; > country
lake: name=lake; area|area_km2=int:1-9000; depth|max_depth=int:2-700; > country
# garden
plant: name=plantname; type=one:tree,shrub,herb,flower,vegetable,grass; height|height_cm=int:5-2000; price=money:1-200; planted|planted_on=date; needs_shade|shade=bool; flowering_month|bloom_month=one:March,April,May,June,July,August; > bed
bed|garden_bed|greenhouse: name=code:B; area|size_sqm=real:0.5-80.0; sunlight|exposure=one:full sun,half shade,shade; soil=one:sandy,clay,loamy,chalky
gardener|caretaker: name=person; phone; hours|weekly_hours=int:4-40; since|hired=date; hourly_wage|wage=money:9-30
task|job: title|kind=one:watering,pruning,weeding,planting,mowing,fertilising; due_date|due_on=date; done_on|completed_on=date?; minutes|duration_minutes=int:5-240; > bed; > gardener
seed_order|order: ordered_on=date; quantity|packets=int:1-40; price|total=money:2-90; shop|supplier=company; > plant
# repair
customer|owner: name=person; phone; email; city; since|first_visit=date
device|item|bike: type|kind=one:bicycle,e-bike,watch,lamp,radio,sewing machine,camera; brand|make=brand; model=device; bought|purchase_date=date; serial|serial_number=code:SN; > customer
repair|job|work_order: received_on|date_in|opened_on=date; finished_on|date_out|completed_on=date?; cost|price|amount=money:8-700; status=one:waiting,in progress,finished,collected; problem|fault=one:broken screen,flat tyre,no power,worn chain,loose cable,noise; hours|labour_hours=real:0.2-12.0; warranty|under_warranty=bool; > device; > mechanic
mechanic|technician: name=person; hourly_rate|rate=money:20-90; hired|started_on=date; speciality|specialty=one:wheels,electronics,frames,motors; certified|is_certified=bool
part|spare_part: name=part; price|unit_price=money:0.5-200; stock|in_stock=int:0-120; supplier=company
part_used|repair_part: quantity|units=int:1-6; > repair; > part
# publishing
magazine|journal: name=journal; frequency=one:weekly,monthly,quarterly; circulation|print_run=int:500-300000; founded=year:1900-2020; price=money:2-20; editor=person
article|story: title=title; published_on|publication_date=date; words|word_count=int:150-6000; section|category=one:politics,culture,sports,science,travel,business; views|reads=int:0-90000; > journalist; > magazine
journalist|author|reporter: name=person; email; hired|joined=date; salary=money:2000-7000; city; freelance|is_freelance=bool
subscriber|reader: name=person; city; plan|subscription=one:print,digital,both; since|start_date=date; ends_on|end_date=date?; monthly_fee|fee=money:3-40; > magazine
advert|advertisement: advertiser|client=company; price|revenue=money:50-20000; runs_on|issue_date=date; size|format=one:full page,half page,quarter page,banner; > magazine
# telecom
customer|subscriber: name=person; city; phone; joined|contract_start=date; age=int:16-90; > plan
plan|tariff: name=plan; monthly_fee|price|fee=money:5-90; data_gb|data_limit=int:1-300; minutes|included_minutes=int:50-5000; contract_months=int:0-24
call: call_date|date=date; seconds|duration|duration_seconds=int:5-7000; type=one:local,international,roaming; cost|price=money:0-30; > customer
invoice|bill: issued_on|invoice_date=date; amount|total=money:5-300; due_on|due_date=date; paid_on=date?; > customer
device|phone: model=device; brand|manufacturer=brand; price=money:60-1500; storage|storage_gb=int:32-1024; released|release_date=date
support_call|complaint: reported_on|date=date; topic|subject=one:billing,network,device,contract; resolved|is_resolved=bool; rating|satisfaction=int:1-5; > customer
# streaming
show|series: title=title; genre=one:comedy,drama,crime,documentary,reality,fantasy; seasons|number_of_seasons=int:1-14; first_aired|premiere|premiered_on=date; rating|score=real:1.0-10.0; country=country; creator=person; ended|is_ended=bool; > channel
episode: title=title; season|season_number=int:1-14; number|episode_number=int:1-24; minutes|runtime=int:18-75; aired_on|air_date=date; viewers|views=int:1000-9000000; > show
channel|network: name=company; country=country; founded=year:1950-2020; subscribers=int:1000-90000000
viewer|user: name=person; country=country; plan|subscription=one:basic,standard,premium; joined=date; age=int:12-85
rating|review: stars|score=int:1-10; rated_on|date=date; > viewer; > show
# politics
party: name=party; founded=year:1850-2020; members|membership=int:500-600000; leader=person; seats=int:0-200
candidate|politician: name=person; age=int:25-80; votes|votes_received=int:100-400000; occupation=job; elected|is_elected=bool; > party; > district
district|constituency: name=region; population=int:5000-900000; registered_voters|voters=int:3000-600000; turnout|turnout_percent=real:20.0-95.0
poll|survey: polled_on|poll_date=date; support|support_percent=real:1.0-60.0; respondents|sample_size=int:200-5000; > party
# weather
station|weather_station: name=place_station; city; elevation|altitude=int:0-3000; installed|installed_on=date; active|is_active=bool
measurement|reading|observation: measured_on|date|reading_date=date; temperature|temperature_c=real:-15.0-38.0; rainfall|rain_mm=real:0.0-80.0; wind_speed|wind_kmh=int:0-140; humidity=int:10-100; > station
storm: name=first; start_date|began_on=date; max_wind|max_wind_speed|wind_speed=int:60-280; damage|damage_cost=money:1000-90000000; deaths|casualties=int:0-90; region=region
sensor|instrument: type|kind=one:thermometer,rain gauge,anemometer,hygrometer; installed_on=date; accuracy=real:0.1-2.0; last_calibrated=date?; > station
# childcare
child: name=person; birth_date|born=date; allergy=one:none,nuts,milk,pollen; group_name|group=one:Ladybirds,Foxes,Owls,Bears; started|start_date=date; > parent
parent|guardian: name=person; phone; email; city
caregiver|teacher: name=person; qualification=one:trainee,assistant,certified,head; hired|since=date; salary=money:1500-4000
activity|trip: name=event; activity_date|date=date; cost|price=money:0-60; places|capacity=int:4-30; > caregiver
payment|invoice: amount=money:20-900; due_date|due_on=date; paid_on=date?; month=one:January,February,March,April,September,October; > parent
attendance|absence: date|attendance_date=date; hours=real:1.0-10.0; reason=one:present,sick,holiday; > child
# manufacturing
factory|plant: name=place_plant; city; country; workers|employees=int:10-3000; opened=year:1900-2022; area=int:500-90000
product|model: name=device; type|line=one:chair,table,lamp,shelf,sofa,desk; price=money:20-3000; material=one:wood,steel,plastic,glass,aluminium; weight=real:0.3-90.0; introduced|launched_on=date; > factory
production_order|batch: produced_on|production_date=date; quantity|units=int:10-9000; defects|defective_units=int:0-120; status=one:planned,running,finished,blocked; > product; > machine
machine: name=device; installed|installed_on=date; cost|purchase_price=money:2000-900000; power|power_kw=int:1-400; status=one:running,idle,broken; > factory
operator|worker: name=person; shift=one:early,late,night; hourly_wage|wage=money:10-40; hired|hire_date=date; > factory
quality_check|inspection: checked_on|date=date; result=one:passed,failed,rework; inspector=person; > batch
# clubs
club|society|association: name=clubname; city; founded|established=year:1850-2022; annual_fee|fee=money:5-500; members|member_count=int:5-3000; type|kind=one:chess,sailing,hiking,choir,photography,tennis
member: name=person; birth_date=date_old; joined|joined_on=date; role=one:member,treasurer,president,secretary; email; city; > club
event|meeting: title|name=event; event_date|date=date; cost=money:0-2000; participants|attendance=int:2-500; > club
fee_payment|payment: amount=money:5-500; paid_on|date=date; year=year:2015-2024; > member
trophy|award: name=award; year=year:1970-2024; > club
"""  # noqa: E501
