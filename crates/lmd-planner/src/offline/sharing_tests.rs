//! Neighbours on one surface, in one sky, in one container; rows within what bears them; one for each of several.

use lmd_layout::BBox;

use super::OfflinePlanner;
use crate::{Plan, Planner};

fn plan(prompt: &str) -> Plan {
    OfflinePlanner.plan(prompt).unwrap()
}

fn boxes(plan: &Plan, caption: &str) -> Vec<BBox> {
    let objects = plan.layout.objects().iter();
    objects.filter(|object| object.caption.as_str().contains(caption)).map(|object| object.bbox).collect()
}

fn rests(upper: BBox, lower: BBox) -> bool {
    let x = upper.center().0;
    (lower.x()..=lower.x_max()).contains(&x)
        && (lower.y() - 0.01..=lower.center().1 + 0.1).contains(&upper.y_max())
}

#[test]
fn neighbours_of_what_is_on_something_are_on_it_too() {
    for (prompt, bears, others) in [
        ("a kettle to the right of a toaster on a counter", "counter", vec!["kettle", "toaster"]),
        ("several apples to the left of a jug on a table", "table", vec!["apple", "jug"]),
        ("a cat between two potted plants on a windowsill", "windowsill", vec!["cat", "plant"]),
        ("a jar between a teapot and a cup on a shelf", "shelf", vec!["jar", "teapot", "cup"]),
        ("a few candles behind a cake on a table", "table", vec!["candle", "cake"]),
        ("a boy to the left of a girl on a sofa", "sofa", vec!["boy", "girl"]),
        ("a bird to the right of another bird on a wire", "wire", vec!["bird"]),
        ("a tree next to a house on a hill", "hill", vec!["tree", "house"]),
        ("a bed between two nightstands, a lamp on each nightstand", "nightstand", vec!["lamp"]),
    ] {
        let plan = plan(prompt);
        assert!(plan.warnings.is_empty(), "{prompt}: {:?}", plan.warnings);
        let holders = boxes(&plan, bears);
        for other in others {
            let found = boxes(&plan, other);
            let on = |bbox: &BBox| holders.iter().any(|holder| rests(*bbox, *holder));
            assert!(!found.is_empty() && found.iter().all(on), "{prompt}: {other} {found:?} {holders:?}");
        }
    }
    for (prompt, bears, other) in [
        ("a chair next to a vase on a table", "table", "chair"),
        ("a man next to a vase on a table", "table", "man"),
        ("the cat is on the sofa and the dog lies in front of it", "sofa", "dog"),
        ("a lamp next to a bed with a cat on it", "bed", "lamp"),
    ] {
        let plan = plan(prompt);
        assert!(!rests(boxes(&plan, other)[0], boxes(&plan, bears)[0]), "{prompt}");
    }
}

#[test]
fn what_swims_or_flies_beside_another_is_where_that_is() {
    let tank = plan("an orange fish to the left of a blue fish in a tank");
    let holder = boxes(&tank, "tank")[0];
    assert!(boxes(&tank, "fish").iter().all(|fish| fish.x() > holder.x() && fish.x_max() < holder.x_max()));
    let sky = plan("a red balloon above a blue balloon in the sky");
    let (red, blue) = (boxes(&sky, "red")[0], boxes(&sky, "blue")[0]);
    assert!(red.y_max() <= blue.y() && sky.layout.background().contains("the sky"), "{sky:?}");
}

#[test]
fn rows_lie_within_what_bears_them() {
    for (prompt, bears, row) in [
        ("three rows of two cupcakes on a tray", "tray", "cupcake"),
        ("two columns of four books on a shelf", "shelf", "book"),
        ("six candles in two rows of three on a cake", "cake", "candle"),
    ] {
        let plan = plan(prompt);
        assert!(plan.warnings.is_empty(), "{prompt}: {:?}", plan.warnings);
        let holder = boxes(&plan, bears)[0];
        for member in boxes(&plan, row) {
            let within = member.y_max() > holder.y() && member.y_max() <= holder.y_max();
            assert!(within && member.center().0 > holder.x(), "{prompt}: {member:?} {holder:?}");
        }
    }
}

#[test]
fn what_stands_over_houses_is_above_them_and_parts_say_where() {
    let plan_of = plan("a castle on a hill above a village");
    let [castle, hill, village] = ["castle", "hill", "village"].map(|name| boxes(&plan_of, name)[0]);
    assert!(castle.center().1 < hill.center().1 && hill.center().1 < village.center().1);
    let attic = plan("a cutaway of a house with a cat in the attic");
    let (cat, house) = (boxes(&attic, "cat")[0], boxes(&attic, "house")[0]);
    assert!(cat.y() > house.y() && cat.y_max() < house.center().1 + 0.02, "{cat:?} {house:?}");
    let seat = plan("a bear on the back seat of a bus");
    let (bear, bus) = (boxes(&seat, "bear")[0], boxes(&seat, "bus")[0]);
    assert!(bear.y() > bus.y() && bear.y_max() < bus.y_max(), "{bear:?} {bus:?}");
    let around = plan("a tower taller than the trees around it");
    let tower = boxes(&around, "tower")[0];
    assert!(boxes(&around, "tree").iter().all(|tree| tree.center().1 > tower.center().1));
}
