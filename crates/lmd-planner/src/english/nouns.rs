//! Several hundred common nouns in their kinds.

use lmd_layout::singular;

use super::tags::Tags;

const NOUN: Tags = Tags::NOUN;

/// Each list with what its words are.
pub(super) const LISTS: [(&str, Tags); 12] = [
    (PEOPLE, NOUN.and(Tags::ANIMATE).and(Tags::PERSON)),
    (ANIMALS, NOUN.and(Tags::ANIMATE)),
    (WORN, NOUN.and(Tags::WORN)),
    (PARTS, NOUN.and(Tags::PART)),
    (CONTAINERS, NOUN.and(Tags::CONTAINER)),
    (SURFACES, NOUN.and(Tags::SURFACE)),
    (PLACES, NOUN.and(Tags::PLACE)),
    (TIMES, NOUN.and(Tags::TIME)),
    (SCENERY, NOUN.and(Tags::SCENERY)),
    (STUFF, NOUN.and(Tags::MASS)),
    (THINGS, NOUN),
    (FOOD, NOUN),
];

const PEOPLE: &str = "person people man woman boy girl child kid baby toddler teenager adult guy lady gentleman mother \
    father mom dad mum parent grandmother grandfather grandma grandpa son daughter brother sister friend couple family \
    king queen prince princess knight soldier warrior samurai ninja pirate cowboy astronaut pilot sailor doctor nurse \
    teacher student chef cook waiter waitress farmer fisherman firefighter fireman policeman policewoman officer \
    businessman businesswoman worker builder artist painter musician guitarist drummer pianist violinist dancer \
    ballerina singer actor actress clown magician wizard witch vampire zombie ghost skeleton mermaid fairy elf dwarf \
    angel demon monster alien robot android cyborg superhero hero villain snowman scarecrow player athlete runner \
    cyclist skier snowboarder surfer swimmer skater skateboarder climber hiker tourist traveler traveller passenger \
    driver rider jockey monk priest nun bride groom viking gladiator scientist engineer photographer librarian \
    mechanic carpenter plumber detective thief spy crowd audience twin sibling neighbor neighbour human figure character \
    model boss lifeguard juggler acrobat gardener hunter shepherd barista bartender biker golfer boxer wrestler";

const ANIMALS: &str = "animal cat kitten dog puppy horse pony foal cow bull calf sheep lamb goat pig piglet chicken hen \
    rooster chick duck duckling goose swan turkey bird parrot pigeon dove sparrow eagle hawk falcon owl crow raven \
    seagull gull penguin flamingo peacock pelican ostrich stork heron hummingbird robin toucan woodpecker bat fox wolf \
    bear panda koala kangaroo lion tiger leopard cheetah jaguar panther lynx elephant rhino rhinoceros hippo \
    hippopotamus giraffe zebra camel llama alpaca deer moose elk reindeer antelope gazelle buffalo bison yak monkey \
    gorilla chimpanzee ape orangutan lemur sloth rabbit bunny hare squirrel chipmunk hamster mouse rat guinea-pig \
    hedgehog beaver otter raccoon skunk badger mole weasel ferret fish goldfish shark whale dolphin orca seal walrus \
    octopus squid jellyfish starfish crab lobster shrimp seahorse turtle tortoise frog toad lizard gecko chameleon \
    iguana crocodile alligator snake python cobra dinosaur dragon unicorn phoenix pegasus griffin butterfly moth bee \
    wasp ant spider beetle ladybug dragonfly grasshopper cricket caterpillar snail slug worm scorpion fly mosquito \
    donkey mule corgi poodle bulldog labrador husky dalmatian beagle terrier retriever shepherd chihuahua pug dachshund \
    salmon trout tuna stingray clownfish manta mammoth creature pet trex t-rex";

const WORN: &str = "hat cap helmet crown tiara beanie beret hood headband wig scarf tie bowtie bow necktie necklace \
    collar leash glasses sunglasses goggles spectacles eyeglasses mask monocle eyepatch shirt t-shirt tshirt blouse \
    sweater jumper hoodie jacket coat raincoat trenchcoat vest waistcoat suit tuxedo dress gown skirt kilt trousers \
    pants jeans shorts leggings tights stockings sock shoe boot sneaker sandal slipper heel glove mitten belt robe cape \
    cloak apron uniform costume pajamas pyjamas swimsuit bikini kimono sari toga armor armour spacesuit overalls \
    bracelet earring ring watch brooch badge medal headphone headphones earphones veil turban sombrero fedora fez \
    bandana ribbon harness saddle outfit clothes clothing underwear jersey poncho tunic hijab jumpsuit tutu headdress \
    headscarf bonnet wetsuit parka";

const PARTS: &str = "beard mustache moustache goatee hair hairstyle ponytail braid pigtail bun afro mohawk bangs eye \
    eyes ear nose mouth lip tooth teeth tongue face smile grin frown expression head neck shoulder arm hand finger \
    claw paw leg foot knee chest back belly skin fur feather feathers wing wings tail fin horn horns antler antlers \
    mane beak tusk trunk tentacle scale stripe stripes spot spots dot dots freckle tattoo scar wrinkle shell roof \
    chimney door window wheel tire tyre handle lid cap spout leg drawer headlight bumper hood sail mast balcony facade \
    pattern design logo print texture stain crack hole strap zipper button pocket sleeve frosting icing sprinkles \
    spoke pedal handlebar engine propeller screen keyboard shade stem thorn petal leaf leaves bark branch branches \
    blossoms shutter column pillar spire dome turret cushions label sticker rim edges graffiti rivet pouch talon talons scoop scoops fringe polka-dots \
    muscles makeup lipstick nail nails eyebrow eyelash dimples body bottom cover spine hilt blade string strings \
    steeple antenna flame wick whisker whiskers hoof hooves spikes topping toppings filling crust syrup crowns";

const CONTAINERS: &str = "bowl basket box vase cup mug glass bottle jar pot pan bucket barrel crate bag backpack suitcase \
    briefcase purse handbag cage aquarium tank fishbowl bathtub tub sink jug pitcher kettle teapot can tin drawer \
    cabinet cupboard wardrobe closet chest carton container cart wheelbarrow stroller crib nest hammock fridge \
    refrigerator oven microwave cauldron goblet canister case trunk pouch sack envelope flowerpot planter trashcan bin \
    terrarium mailbox washing-machine pocket";

const SURFACES: &str = "table table-top tabletop desk shelf bookshelf counter countertop bench chair sofa couch bed armchair stool plate \
    tray platter saucer mat rug carpet blanket towel pillow cushion nightstand dresser sideboard mantelpiece mantel \
    windowsill ledge stage podium pedestal platform stand rack stove board cloth tablecloth napkin raft boat surfboard \
    skateboard sled roof rooftop branch log stump rock boulder stone workbench stovetop fireplace piano ottoman \
    bedside cake pizza horse elephant camel donkey bicycle bike motorcycle";

const PLACES: &str = "beach seaside seashore shore coast coastline island desert dune forest woods woodland jungle \
    rainforest swamp marsh field meadow prairie savanna savannah grassland pasture plain plains valley canyon cave \
    mountains hills hillside hilltop mountaintop mountainside cliffs countryside farm farmland barnyard orchard vineyard \
    garden backyard yard lawn park playground campsite street road highway freeway sidewalk pavement alley avenue \
    boulevard square plaza courtyard city town village downtown suburb neighborhood neighbourhood marketplace market mall \
    supermarket store shop restaurant cafe bar pub diner bakery kitchen bedroom bathroom livingroom hallway corridor \
    attic basement garage office classroom library museum gallery hospital school university laboratory lab factory \
    warehouse studio theater theatre cinema stadium gym gymnasium arena court airport station subway harbor harbour \
    marina port dock parking-lot room lounge lobby ballroom church cathedral temple space cosmos universe galaxy nebula \
    ocean sea underwater seabed seafloor reef lake lakeside pond river riverbank riverside stream creek pool waterfall \
    landscape scenery scene background backdrop environment setting world wonderland battlefield graveyard cemetery zoo \
    circus fair carnival racetrack runway tundra glacier volcano moon mars planet sky skies heaven horizon snow grass \
    sand ice water ground floor wilderness terrain pier boardwalk promenade trail path pathway track intersection \
    crossroads crosswalk driveway patio terrace deck veranda porch ruins dungeon casino nightclub concert party \
    wedding picnic skyline cityscape seascape mountainscape moonscape greenhouse stable nursery playroom \
    nook loft hall outdoors indoors outside inside nature air clouds clearing glade grove oasis lagoon bay fjord cove crater \
    ballpark slope ski-slope savana interior exterior area construction-site workshop tunnel hangar spaceport mansion \
    sea-floor seaport waves surf mist fog";

const TIMES: &str = "night nighttime midnight day daytime noon midday morning evening afternoon dusk dawn sunset sunrise \
    twilight winter summer spring autumn fall rain snowfall snowstorm storm thunderstorm fog mist wind sunlight sunshine \
    moonlight daylight starlight darkness dark light candlelight spotlight rainstorm blizzard weather season christmas \
    halloween shadow shadows shade lamplight firelight lightning halflight golden-hour blue-hour";

const SCENERY: &str = "mountain hill sky cloud sun moon star rainbow tree forest ocean sea lake river city skyline \
    sunset sunrise cliff waterfall volcano field horizon building skyscraper glacier peak dune waves desert";

const STUFF: &str = "soup water milk coffee tea juice wine beer rice pasta spaghetti bread cheese butter honey sugar salt \
    flour sauce cream grass snow sand ice mud dirt dust smoke fire steam oil paint ink hay fur wood metal glass paper \
    furniture luggage fruit food meat jewelry jewellery money popcorn yarn wool cereal salad noodles vegetables \
    traffic text lettering writing moss ivy foliage vegetation lava fog mist rain lemonade soda ketchup jam ramen \
    chocolate toast bacon seaweed confetti garbage trash rubbish equipment gold silver makeup hair water";

const THINGS: &str = "set stairs bleachers thing object item car truck bus van taxi motorcycle motorbike scooter bicycle bike train tram \
    locomotive airplane aeroplane plane jet helicopter drone balloon blimp airship rocket spaceship spacecraft ufo satellite \
    ship boat sailboat yacht canoe kayak raft ferry submarine tractor bulldozer excavator crane ambulance firetruck \
    carriage wagon sled sleigh skateboard surfboard snowboard ski rollerskate wheelchair house cottage cabin hut castle \
    tower skyscraper building barn shed windmill lighthouse bridge fence gate wall fountain statue sculpture monument \
    tent igloo pyramid palace mosque pagoda hotel apartment tree bush shrub hedge flower rose tulip sunflower daisy lily \
    orchid cactus palm fern mushroom plant grass leaf branch log rock stone boulder pebble mountain hill island volcano \
    cloud sun moon star planet rainbow lightning table chair desk sofa couch bed bench stool lamp candle lantern \
    chandelier lightbulb bulb torch flashlight light mirror clock watch picture painting poster photo frame portrait \
    drawing window door curtain blind shelf bookcase wardrobe dresser television tv monitor screen computer laptop \
    tablet keyboard mouse phone telephone smartphone camera radio speaker headphone microphone printer projector fan heater \
    stove oven fridge microwave toaster blender kettle dishwasher sink toilet bathtub shower faucet fork knife spoon \
    plate bowl cup mug glass bottle teapot chopstick napkin pan pot book notebook magazine newspaper letter envelope pen \
    pencil crayon brush eraser ruler scissors stapler globe map chalkboard blackboard whiteboard easel canvas ball \
    football basketball baseball volleyball soccer tennis racket racquet bat golf club puck frisbee kite doll toy \
    teddy bear puzzle lego block dice die card chess chessboard pawn guitar piano violin cello drum trumpet saxophone \
    flute harp accordion banjo sword shield bow arrow spear axe dagger gun rifle cannon hammer screwdriver wrench saw \
    drill nail screw ladder rope chain key lock umbrella parasol cane suitcase backpack bag basket box crate barrel chest \
    coin gem jewel diamond crown trophy medal flag sign banner billboard mailbox hydrant traffic-light streetlight \
    lamppost pole post bin can campfire bonfire fire fireplace fireworks firework explosion cube sphere cone cylinder \
    triangle circle square rectangle hexagon heart arrow line shape brick tile pillow blanket rug carpet towel mat soap \
    toothbrush comb razor perfume lipstick ribbon gift present balloon ornament wreath pumpkin snowman scarecrow pinata \
    vending machine robot gear wheel tire engine swing slide seesaw carousel rollercoaster trampoline hammock pool \
    cauldron potion wand broom broomstick crystal treasure telescope microscope beaker flask stethoscope syringe pill \
    bandage hive nest egg feather shell web bubble drop puddle flame spark shadow footprint road path rail bridge \
    seat pier dock net hook rod anchor compass sail cage feeder birdhouse doghouse kennel stroller crib cradle pot \
    piece slice pair figurine bust column pillar arch throne altar gravestone tombstone coffin scroll quill typewriter \
    gramophone record cassette vhs console joystick controller app icon logo symbol number letter word emoji sticker \
    teapot cutlery silverware utensil kimono wing horn spot tail fly watch play ring light fan match stand park duck \
    vehicle stump windowsill floor ceiling roof corner stair stairs staircase step escalator elevator";

const FOOD: &str = "apple orange banana pear peach plum cherry grape strawberry raspberry blueberry blackberry lemon lime \
    melon watermelon pineapple mango papaya kiwi coconut avocado fig date pomegranate apricot tomato potato carrot onion \
    garlic pepper cucumber broccoli cauliflower cabbage lettuce spinach corn pea bean eggplant zucchini radish beet turnip \
    celery asparagus chili olive mushroom nut almond peanut walnut acorn chestnut pizza burger hamburger cheeseburger sandwich hotdog taco \
    burrito sushi steak sausage egg omelette pancake waffle croissant bagel baguette bun loaf roll muffin cupcake cake pie \
    tart cookie biscuit brownie donut doughnut candy lollipop sundae milkshake smoothie cocktail snack breakfast lunch \
    dinner meal dish dessert kebab dumpling pretzel macaron meatball fries burrito nachos icecream popsicle";

/// Words whose first half would read as an adjective or a verb.
const COMPOUNDS: [&str; 98] = [
    "golden hour",
    "blue hour",
    "table top",
    "living room",
    "dining room",
    "dining table",
    "dining chair",
    "hot dog",
    "polar bear",
    "washing machine",
    "swimming pool",
    "parking lot",
    "parking meter",
    "sewing machine",
    "fishing rod",
    "fishing boat",
    "boxing glove",
    "shopping cart",
    "shopping bag",
    "shopping mall",
    "rocking chair",
    "rocking horse",
    "rolling pin",
    "cutting board",
    "ironing board",
    "sleeping bag",
    "vending machine",
    "wedding cake",
    "wedding dress",
    "hot air balloon",
    "ice cream",
    "teddy bear",
    "stuffed animal",
    "fire hydrant",
    "fire truck",
    "fire engine",
    "stop sign",
    "traffic light",
    "street light",
    "street lamp",
    "soccer ball",
    "tennis ball",
    "tennis racket",
    "baseball bat",
    "baseball glove",
    "wine glass",
    "potted plant",
    "cell phone",
    "hair drier",
    "sports ball",
    "remote control",
    "light bulb",
    "light house",
    "flying saucer",
    "running shoe",
    "skipping rope",
    "wrapping paper",
    "watering can",
    "guinea pig",
    "great white shark",
    "grizzly bear",
    "high chair",
    "grand piano",
    "front door",
    "hiking boot",
    "top hat",
    "trash can",
    "garbage can",
    "paper bag",
    "coffee table",
    "cheese board",
    "high heel",
    "parking garage",
    "sushi platter",
    "paper boat",
    "paper plane",
    "rubber duck",
    "cooking pot",
    "frying pan",
    "baking sheet",
    "reading lamp",
    "hanging lamp",
    "flying carpet",
    "magic carpet",
    "swimming suit",
    "christmas tree",
    "palm tree",
    "light saber",
    "measuring cup",
    "mixing bowl",
    "walking stick",
    "diving board",
    "climbing wall",
    "building block",
    "crossing guard",
    "wind turbine",
    "fire escape",
    "soap bubble",
];

/// How many of `words` make a fixed compound, 0 if none.
pub(super) fn compound(words: &[&str]) -> usize {
    // No compound has more than three words.
    let forms: Vec<(&str, String)> = words.iter().take(3).map(|word| (*word, singular(word))).collect();
    let matches = |compound: &&str| {
        let mut n = 0;
        for part in compound.split(' ') {
            let (word, one) = forms.get(n)?;
            if *word != part && one != part {
                return None;
            }
            n += 1;
        }
        Some(n)
    };
    COMPOUNDS.iter().filter_map(matches).max().unwrap_or(0)
}
