//! What the parser knows of English words. Unknown words work by syntax; these
//! tables decide where syntax alone cannot (`an orange` and `an orange bowl`,
//! `on a table` and `on a beach`).

use std::collections::HashMap;
use std::sync::LazyLock;

use super::nouns;
pub(super) use super::tags::Tags;

const COLORS: &str = "red orange yellow green blue purple pink brown black white gray grey golden gold silver \
    beige turquoise teal cyan magenta violet maroon navy crimson scarlet ivory lavender tan lime indigo khaki \
    olive peach burgundy emerald amber coral aqua mauve cream bronze copper rainbow multicolored multicoloured \
    colorful colourful monochrome mint lilac fuchsia azure charcoal ginger blond blonde auburn";

const SHADES: &str = "dark light bright pale deep neon pastel vivid hot royal sky navy forest baby dusty";

const MATERIALS: &str = "wood glass metal stone brick plastic paper leather cotton concrete marble steel iron \
    bronze copper gold silver ceramic porcelain rubber cardboard velvet silk wool bamboo wicker straw clay \
    crystal chrome brass tin granite denim lego ice snow sand diamond jade chocolate cherry apple pumpkin \
    lemon strawberry chicken fire toy water winter summer spring autumn christmas halloween garden kitchen \
    desert street city country pirate police school robot cartoon baby fantasy space stuffed felt knit jungle \
    forest mountain beach sea ocean river lake office birthday wedding sports sport race rose night evening morning \
    office dinner coffee tea wine beer fruit flower tree palm pine oak maple cedar vintage steampunk cyberpunk \
    hardwood linen lace foil mesh vinyl mahogany walnut";

const ADJECTIVES: &str = "wooden woolen metallic golden stony rocky sandy snowy icy rainy sunny cloudy stormy foggy \
    misty windy starry moonlit sunlit lush dense calm rough quiet busy crowded empty deserted abandoned ancient old \
    new young modern antique vintage retro futuristic medieval victorian gothic rustic traditional classic elegant \
    fancy simple plain ornate decorative luxurious cheap expensive beautiful pretty cute lovely adorable ugly scary \
    spooky creepy happy sad angry smiling serious sleepy tired hungry lazy playful friendly wild tame stray domestic \
    fluffy furry hairy fuzzy bald smooth shiny glossy matte dull rusty dusty dirty clean wet dry soaked frozen hot \
    cold warm cool fresh ripe rotten raw cooked baked fried grilled sweet sour spicy delicious tasty juicy round \
    square rectangular triangular circular oval spherical cylindrical cubic flat curved straight crooked bent twisted \
    spiral pointed sharp blunt open closed full half broken cracked shattered torn worn ragged patched striped spotted \
    dotted checkered plaid polka-dot patterned floral tattooed spiky curly wavy long short tall high low wide narrow \
    thick thin fat slim skinny chubby muscular strong weak heavy lightweight soft hard solid hollow transparent \
    translucent opaque clear glowing luminous lit unlit burning fast slow quick still magical mythical enchanted \
    mysterious realistic photorealistic hyperrealistic photo-realistic surreal abstract minimalist minimalistic \
    cinematic dramatic majestic mighty brave proud lonely single lone solitary double twin identical matching similar \
    different various assorted mixed multiple colored coloured multi-colored \
    electric electronic digital mechanical robotic human female male pregnant elderly adult teenage asian african \
    american european japanese chinese indian italian french german mexican english british spanish arabic russian \
    egyptian greek roman norwegian swedish persian siamese dutch tropical arctic exotic urban rural suburban industrial \
    outdoor indoor natural artificial fake real wild stuffed inflatable portable folded unfolded rolled stacked parked \
    upright upside-down tilted leafy bare barren green grassy mossy muddy flooded haunted holy royal noble \
    famous popular typical common rare unique strange weird odd bizarre funny silly cool good nice great perfect amazing \
    stunning gorgeous magnificent detailed intricate handmade homemade hand-made wrapped sealed locked loaded \
    bigger larger smaller taller shorter longer wider flying aerial distant nearby far close front rear back upper lower middle central left right top bottom inner outer \
    vertical horizontal diagonal parallel vast endless deep shallow steep gentle tender spacious cozy cosy comfortable \
    messy tidy neat cluttered organized rich poor humble dead alive living fallen fluorescent sparkling sparkly glittering \
    gleaming frosty festive romantic peaceful serene tranquil idyllic picturesque scenic panoramic \
    photographic three-legged one-eyed winged horned bearded hooded masked armored armoured caped barefoot naked well-dressed \
    overgrown ruined weathered polished carved painted framed mounted printed embroidered quilted padded cushioned \
    upholstered sleek aerodynamic stylish fashionable chic trendy casual formal plush animated anthropomorphic \
    futurist psychedelic dreamy dreamlike hazy blurry fuzzy crisp vibrant lively dim gloomy bleak eerie ominous \
    giant-sized life-size oversized undersized regular normal average standard medium medium-sized mid-sized equal same other own";

const SIZES: &str = "tiny miniature mini micro minuscule small little big large huge giant gigantic enormous massive \
    colossal immense oversized towering petite teeny";

const ADVERBS: &str = "very extremely really quite rather pretty so too super incredibly slightly fully partially half \
    almost completely together alone else away ahead aside apart afar everywhere afterwards forward forwards backward backwards also just only perfectly brightly softly dimly well highly";

const FUNCTION: &str = "a an the this that these those some any each every another both all my his her its their our \
    your no none not nor neither either without with of in on at to from by for into onto inside outside within upon \
    over above under below beneath underneath beside besides between among amongst amid amidst behind near around \
    against across along through throughout past toward towards up down off out about after before during beyond \
    opposite via per like as than atop alongside next is are was were be been being am has have had having do does did \
    can could will would shall should may might must and or but yet if while whereas where when which who whom whose \
    what there here it they them he she him i we us you me one's 's himself itself themselves except excluding minus \
    including plus then because since until although though adjacent";

const FILLER: &str = "please kindly draw generate create produce render make show give want wants wanted need like love \
    imagine design depict depicts depicting showing shows shown me us i you we can could would should will to just \
    see let simply maybe now hello hi hey the following prompt image: also too additionally furthermore finally overall \
    visible present exactly only really basically actually somewhere anywhere elsewhere try help get put add place \
    thanks thank okay ok so well very again there here such etc respectively each it is are be being that which and \
    both all some of a an in on at with some kind sort type style scene image picture photo everything \
    something anything someone nothing composition compose consisting consists featured depicted contains contain \
    quite rather more most less least much even still together where while who whose when as than then both other own";

static WORDS: LazyLock<HashMap<&'static str, Tags>> = LazyLock::new(|| {
    let mut words = HashMap::new();
    let lists = [
        (COLORS, Tags::COLOR),
        (SHADES, Tags::SHADE),
        (MATERIALS, Tags::MATERIAL.and(Tags::NOUN)),
        (ADJECTIVES, Tags::ADJECTIVE),
        (SIZES, Tags::ADJECTIVE),
        (ADVERBS, Tags::ADVERB),
        (FUNCTION, Tags::FUNCTION),
        (FILLER, Tags::FILLER),
    ];
    for (list, tag) in lists.into_iter().chain(nouns::LISTS) {
        for word in list.split_whitespace() {
            let entry: &mut Tags = words.entry(word).or_default();
            *entry = entry.and(tag);
        }
    }
    words
});

/// All words of the tables.
pub(super) fn words() -> impl Iterator<Item = &'static str> {
    WORDS.keys().copied()
}

/// What `word` (lower case) can be; a plural counts as its singular.
pub(super) fn tags(word: &str) -> Tags {
    let own = exact_tags(word);
    if own != Tags::default() {
        return own;
    }
    let singular = lmd_layout::singular(word);
    let of_singular = exact_tags(&singular);
    if singular != word && of_singular.any(Tags::NOUN) { of_singular } else { own }
}

/// As [`tags`], for the word as it stands.
pub(super) fn exact_tags(word: &str) -> Tags {
    let hyphenated = || WORDS.get(word.replace(' ', "-").as_str()).filter(|_| word.contains(' '));
    WORDS.get(word).or_else(hyphenated).copied().unwrap_or_default()
}

/// Whether `word` ends a noun phrase.
pub(super) fn is_function(word: &str) -> bool {
    exact_tags(word).any(Tags::FUNCTION)
}

/// Whether `word` is a colour or an adjective, or looks like one.
pub(super) fn is_adjective(word: &str) -> bool {
    let tags = exact_tags(word);
    if tags.any(Tags::COLOR.and(Tags::ADJECTIVE).and(Tags::SHADE)) {
        return true;
    }
    tags == Tags::default() && (looks_adjectival(word) || superlative(word).is_some())
}

/// Whether an unknown word has the shape of an adjective.
fn looks_adjectival(word: &str) -> bool {
    const ENDINGS: [&str; 15] = [
        "ous",
        "ful",
        "less",
        "ish",
        "ive",
        "able",
        "ible",
        "ical",
        "esque",
        "like",
        "-colored",
        "-coloured",
        "-shaped",
        "-style",
        "-sized",
    ];
    if let Some((first, last)) = word.split_once('-') {
        let last_tags = exact_tags(last);
        return last_tags.any(Tags::COLOR)
            || exact_tags(first).any(Tags::COLOR.and(Tags::SHADE).and(Tags::ADJECTIVE))
            || ENDINGS.iter().any(|end| word.ends_with(end))
            || last.ends_with("ed")
            || last.ends_with("ing")
            || first.parse::<u32>().is_ok();
    }
    word.len() > 5 && ENDINGS.iter().any(|end| word.ends_with(end))
        || word.len() > 2 && word.ends_with('s') && word.starts_with(|c: char| c.is_ascii_digit())
}

/// The adjective that a word is the superlative of: `big` of `biggest`.
pub(super) fn superlative(word: &str) -> Option<String> {
    let stem = word.strip_suffix("est").filter(|stem| stem.len() > 2)?;
    let letters: Vec<char> = stem.chars().collect();
    let single = match letters.as_slice() {
        [first @ .., a, b] if a == b => first.iter().chain([a]).collect(),
        _ => String::new(),
    };
    let soft = stem.strip_suffix('i').map_or_else(String::new, |stem| format!("{stem}y"));
    let forms = [stem.to_owned(), format!("{stem}e"), single, soft];
    forms.into_iter().find(|form| exact_tags(form).any(Tags::ADJECTIVE.and(Tags::COLOR).and(Tags::SHADE)))
}

/// The size a word states.
pub(super) fn size(word: &str) -> Option<crate::Size> {
    use crate::Size::{Huge, Large, Small, Tiny};
    match word {
        "tiny" | "miniature" | "mini" | "micro" | "minuscule" | "teeny" => Some(Tiny),
        "small" | "little" | "petite" | "smaller" | "short" | "shorter" => Some(Small),
        "big" | "large" | "oversized" | "bigger" | "larger" | "tall" | "taller" => Some(Large),
        "huge" | "giant" | "gigantic" | "enormous" | "massive" | "colossal" | "immense" | "towering" => {
            Some(Huge)
        }
        _ => match superlative(word)?.as_str() {
            "big" | "large" | "tall" => Some(Huge),
            "small" | "little" | "short" | "tiny" => Some(Tiny),
            _ => None,
        },
    }
}
