"""Writes nouns.tsv: singular, the plural of inflect 6.0.4, and the plural
we want where inflect is wrong.  pip install inflect==6.0.4 'pydantic<2'"""

import inflect

NOUNS = """
backpack book bottle bowl car cat chair cup dog laptop
glass knife leaf wolf sheep fish deer mouse goose child person man woman tooth foot box bus dish peach cherry puppy
tomato potato hero piano cactus octopus ox aircraft roof scarf dwarf volcano mango buffalo salmon lens bass series
swan palm tree apple banana orange lemon lime grape strawberry raspberry blueberry pear plum pineapple watermelon
melon kiwi avocado carrot onion mushroom pepper pumpkin cucumber egg pizza burger sandwich cake cookie pie donut
doughnut muffin cupcake croissant pretzel bagel taco burrito pancake waffle steak sausage lobster crab shrimp squid
oyster snail butterfly dragonfly bee wasp ant spider ladybug beetle moth worm frog toad turtle tortoise lizard snake
crocodile alligator dinosaur dragon eagle owl parrot penguin flamingo peacock ostrich duck duckling chicken rooster
turkey pigeon dove crow raven seagull pelican stork heron hummingbird sparrow robin woodpecker bird bat
lion tiger leopard cheetah panther jaguar lynx bear panda koala kangaroo monkey gorilla chimpanzee orangutan lemur
elephant rhinoceros hippopotamus giraffe zebra camel llama alpaca horse pony donkey mule cow bull calf pig piglet
goat lamb rabbit hare squirrel chipmunk hamster beaver otter hedgehog porcupine fox raccoon skunk badger weasel
walrus seal dolphin whale shark ray jellyfish goldfish starfish seahorse trout platypus moose elk reindeer bison
unicorn mermaid fairy elf witch wizard ghost zombie vampire werewolf robot alien astronaut knight king queen prince
princess pirate ninja samurai soldier policeman fireman snowman mailman nurse doctor teacher student chef waiter
waitress actress ballerina dancer singer musician boy girl baby lady gentleman guy human shaman thief monarch
bride groom grandchild stepchild salesperson passerby
house building castle palace tower church temple cathedral mosque bridge lighthouse windmill barn cottage cabin hut
tent igloo skyscraper stadium museum library hospital school shop street road path river lake mountain hill valley
island beach forest jungle desert waterfall cliff cave oasis planet star moon sun cloud rainbow galaxy
truck van taxi motorcycle bicycle bike scooter skateboard train tram subway airplane plane helicopter spacecraft
hovercraft rocket ship boat canoe kayak yacht ferry submarine tractor wheel tire engine bench
table desk sofa couch bed stool shelf bookshelf cupboard wardrobe dresser mirror lamp candle clock vase
carpet rug curtain window door key lock stove oven fridge refrigerator toaster kettle pot pan fork spoon plate mug
wine glass teapot basket bucket barrel jar vase canvas brush paintbrush toothbrush match watch wrench axe hammer saw
screwdriver drill ladder rope box toolbox mailbox sandbox phone radio television computer keyboard camera
tablet microphone speaker guitar violin cello drum trumpet saxophone flute harp banjo accordion tuba
ball tennis racket baseball bat frisbee kite surfboard ski snowboard skate trophy medal dice toy doll puzzle
teddy bear balloon gift present flower rose tulip daisy lily sunflower orchid lotus iris cactus bush fern vine
hat cap helmet crown glove mitten sock shoe boot sandal shirt dress skirt jacket coat sweater hoodie tie bow tie
necklace ring earring bracelet purse handbag suitcase wallet umbrella cane fan flag banner sign
fire hydrant traffic light stop sign parking meter hot dog polar bear computer mouse wine bottle
toe tomato plant menu emu gnu quiz fez topaz waltz buzz prize maze stomach epoch moustache headache quiche avalanche
torch speech porch branch arch life wife housewife penknife loaf meatloaf half hoof reef chief belief handkerchief
photo video logo zero echo torpedo mosquito domino tuxedo tornado cargo motto grotto halo lasso gecko armadillo
kimono poncho sombrero casino studio volcano silo gazebo bongo espresso cappuccino burrito tattoo zoo bamboo shampoo
city country party family story strawberry berry factory bakery monkey journey day tray boy buoy
crisis analysis ibis trellis mantis gas atlas virus circus crocus hibiscus fungus campus walrus rhombus
criterion phenomenon bacterium alumnus vertebra alga antenna formula aurora nebula
nose hose horse vase case house blouse base cheese purse mouse course cause muse fuse sphinx phoenix
brownie movie genie pixie birdie beanie smoothie collie magpie selfie
human being police officer slice of pizza bowl of soup glass of wine pair of shoes piece of cake cup of coffee
bouquet of flowers stack of books loaf of bread bottle of wine basket of fruit man in a suit woman in red
"""

PHRASES = [
    "palm tree", "wine glass", "tennis racket", "baseball bat", "teddy bear", "bow tie", "fire hydrant",
    "traffic light", "stop sign", "parking meter", "hot dog", "polar bear", "computer mouse", "wine bottle",
    "tomato plant", "human being", "police officer", "slice of pizza", "bowl of soup", "glass of wine",
    "pair of shoes", "piece of cake", "cup of coffee", "bouquet of flowers", "stack of books", "loaf of bread",
    "bottle of wine", "basket of fruit", "woman in red",
]
SKIPPED = {"dice", "man in a suit"}

# inflect is wrong, or follows a rule into a form nobody writes.
CORRECTIONS = {
    "burrito": "burritos", "gecko": "geckos", "gazebo": "gazebos", "bongo": "bongos", "banjo": "banjos",
    "thief": "thieves", "monarch": "monarchs", "epoch": "epochs", "grandchild": "grandchildren",
    "stepchild": "stepchildren", "gentleman": "gentlemen", "passerby": "passersby", "meatloaf": "meatloaves", "waltz": "waltzes",
}


def nouns():
    text = NOUNS.replace("\n", " ")
    for phrase in sorted(PHRASES, key=len, reverse=True):
        text = text.replace(f" {phrase} ", f" {phrase.replace(' ', '_')} ")
    text = text.replace(" man in a suit ", " ")
    seen = dict.fromkeys(word.replace("_", " ") for word in text.split())
    return [noun for noun in seen if noun not in SKIPPED]


engine = inflect.engine()
with open("nouns.tsv", "w", encoding="utf-8") as table:
    table.write("# singular\tinflect 6.0.4\tours, where it differs\n")
    for noun in nouns():
        table.write(f"{noun}\t{engine.plural_noun(noun)}\t{CORRECTIONS.get(noun, '')}".rstrip() + "\n")
